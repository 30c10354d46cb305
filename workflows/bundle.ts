/** The workflow code as workers run it: bundled once for each version of the definitions, then read from the cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { failureConverterPath } from './data-converter.ts';

export interface WorkflowBundle {
  readonly code: string;
}

const prefix = 'workflow-bundle-';
/** A bundle, or with a process id behind it one that is being written. */
const bundleName = /^workflow-bundle-[0-9a-f]{32}\.js(\.\d+)?$/;
const keptBesideCurrent = 2;
const keptForMs = 24 * 60 * 60 * 1000;

const room = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

/**
 * Reads the bundle from the cache; makes it, in two or three seconds, when the definitions or the SDK have changed.
 * @param options.workflowsPath another entry than ours, for tests of what a changed workflow would do
 */
export async function loadWorkflowBundle(options: {
  readonly cacheDir: string;
  readonly workflowsPath?: string;
}): Promise<WorkflowBundle> {
  const workflowsPath = options.workflowsPath ?? join(room, 'definitions', 'index.ts');
  const file = join(options.cacheDir, `${prefix}${await contentHash(workflowsPath)}.js`);
  const cached = await readFile(file, 'utf8').catch(() => undefined);
  if (cached !== undefined) {
    await markUsed(file);
    return { code: cached };
  }

  await mkdir(options.cacheDir, { recursive: true });
  // Two processes may make it at once: each writes its own file, and the last rename wins with the same content.
  const own = `${file}.${String(process.pid)}`;
  await run(process.execPath, [join(room, 'make-bundle.ts'), workflowsPath, own]);
  const code = await readFile(own, 'utf8');
  await rename(own, file);
  await pruneBundles(options.cacheDir, file);
  return { code };
}

/** Its time is when a process last read it. A cache that only its owner may write is used as it is. */
async function markUsed(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}

/**
 * Removes bundles of versions that are gone, and what a killed process left half written. The two that were used last
 * before the current one stay, for the way back to an older version; so does all that was used or begun within a day,
 * which may be another process's that starts just now.
 */
async function pruneBundles(cacheDir: string, current: string): Promise<void> {
  const names = (await readdir(cacheDir)).filter((name) => bundleName.test(name));
  const others = names.map((name) => join(cacheDir, name)).filter((file) => file !== current);
  const found = await Promise.all(others.map(async (file) => ({ file, usedAt: await timeOf(file) })));
  const youngestFirst = found.toSorted((one, other) => other.usedAt - one.usedAt);
  const kept = new Set(youngestFirst.filter(({ file }) => file.endsWith('.js')).slice(0, keptBesideCurrent));
  const before = Date.now() - keptForMs;
  for (const bundle of youngestFirst) {
    // A file that cannot be removed is no reason not to start.
    if (!kept.has(bundle) && bundle.usedAt < before) await rm(bundle.file, { force: true }).catch(() => undefined);
  }
}

/** Of a file that another process removed meanwhile: now, since there is nothing left to do. */
async function timeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  );
}

async function contentHash(workflowsPath: string): Promise<string> {
  const folders = [...new Set([join(room, 'definitions'), join(room, 'contract'), dirname(workflowsPath)])];
  const found = await Promise.all(folders.map((folder) => sourcesIn(folder)));
  const hash = createHash('sha256').update(sdkVersion()).update(workflowsPath);
  for (const file of [...found.flat(), failureConverterPath].sort()) {
    const content = await readFile(file);
    hash.update(`${file}\n${String(content.length)}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}

async function sourcesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function sdkVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('@temporalio/worker/package.json');
  return JSON.stringify(manifest);
}
