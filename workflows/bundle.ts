/** The workflow code as workers run it: bundled once for each version of the definitions, then read from the cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { failureConverterPath } from './data-converter.ts';

export interface WorkflowBundle {
  readonly code: string;
}

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
  const file = join(options.cacheDir, `workflow-bundle-${await contentHash(workflowsPath)}.js`);
  const cached = await readFile(file, 'utf8').catch(() => undefined);
  if (cached !== undefined) return { code: cached };

  await mkdir(options.cacheDir, { recursive: true });
  // Two processes may make it at once: each writes its own file, and the last rename wins with the same content.
  const own = `${file}.${String(process.pid)}`;
  await run(process.execPath, [join(room, 'make-bundle.ts'), workflowsPath, own]);
  const code = await readFile(own, 'utf8');
  await rename(own, file);
  return { code };
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
