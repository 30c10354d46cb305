/**
 * Remembers which process started the Temporal of a data folder. A process that is killed cannot take its Temporal along;
 * the next start finds the orphan by its pid file and stops it, and shares one whose owner still runs.
 */
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { databaseFile } from './temporal-flags.ts';

const run = promisify(execFile);

export interface OwnedTemporal {
  readonly pid: number;
  /** The process that started it and will stop it. */
  readonly owner: number;
  readonly address: string;
  readonly uiUrl?: string | undefined;
}

const pidFileContent = z.object({
  pid: z.int().positive(),
  owner: z.int().positive(),
  address: z.string(),
  uiUrl: z.string().optional(),
});

const graceMs = 5000;

export async function rememberOwner(dataDir: string, owned: OwnedTemporal): Promise<void> {
  await writeFile(pidFile(dataDir), JSON.stringify(owned));
}

export async function forgetOwner(dataDir: string): Promise<void> {
  await rm(pidFile(dataDir), { force: true });
}

/** @returns the Temporal that runs on this data folder for another process, if its owner lives; an orphan is stopped */
export async function findOwned(dataDir: string): Promise<OwnedTemporal | undefined> {
  const owned = parse(await readFile(pidFile(dataDir), 'utf8').catch(() => ''));
  if (owned === undefined) return undefined;
  // A pid is used again after a while: it is ours only with our database on its command line.
  const ours = (await commandLine(owned.pid)).includes(databaseFile({ dataDir }));
  if (ours && isAlive(owned.owner)) return owned;
  if (ours) await stopProcess(owned.pid);
  await forgetOwner(dataDir);
  return undefined;
}

/** SIGTERM, and SIGKILL after five seconds. Resolves when the process is gone. */
export async function stopProcess(pid: number): Promise<void> {
  signal(pid, 'SIGTERM');
  const killAt = Date.now() + graceMs;
  while (isAlive(pid)) {
    if (Date.now() > killAt) signal(pid, 'SIGKILL');
    await delay(20);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in the meantime.
  }
}

async function commandLine(pid: number): Promise<string> {
  if (!isAlive(pid)) return '';
  try {
    return (await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { timeout: 5000 })).stdout;
  } catch {
    return await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '');
  }
}

function parse(text: string): OwnedTemporal | undefined {
  try {
    return pidFileContent.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function pidFile(dataDir: string): string {
  return join(dataDir, 'temporal.pid');
}
