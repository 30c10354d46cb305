/** Fetches Temporal's command from its makers, and gives up at once where their host is not reached. */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { temporalVersion } from './temporal-wheel.ts';

const run = promisify(execFile);

export const officialDownload = 'https://temporal.download/cli/archive';

const platforms: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin' };
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const silenceMs = 5000;
const longestMs = 120_000;

/**
 * Downloads the archive into `folder` and unpacks it there.
 * @returns the path of the command
 * @throws an Error when nothing came for 5 s, or two minutes were not enough
 */
export async function unpackOfficialDownload(folder: string, from: string = officialDownload): Promise<string> {
  const platform = platforms[process.platform];
  const architecture = architectures[process.arch];
  if (platform === undefined || architecture === undefined) throw new Error('there is no download for this platform');
  const silence = new AbortController();
  const giveUp = (): void => {
    silence.abort(new Error('nothing came for 5 s'));
  };
  let timer = setTimeout(giveUp, silenceMs);
  try {
    const signal = AbortSignal.any([silence.signal, AbortSignal.timeout(longestMs)]);
    const url = `${from}/v${temporalVersion}?platform=${platform}&arch=${architecture}`;
    const response = await fetch(url, { signal });
    if (!response.ok || response.body === null) throw new Error(`the download answered ${String(response.status)}`);
    const archive = join(folder, 'temporal.tar.gz');
    const body = Readable.fromWeb(response.body).on('data', () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, silenceMs);
    });
    await pipeline(body, createWriteStream(archive), { signal });
    await run('tar', ['-xzf', archive, '-C', folder, 'temporal'], { timeout: longestMs });
    return join(folder, 'temporal');
  } finally {
    clearTimeout(timer);
  }
}
