/**
 * Remembers which process started the Temporal of a data folder. A process that is killed cannot take its Temporal along;
 * the next start finds the orphan by its pid file and stops it, and shares one whose owner still runs. An orphan is never
 * kept: what it has to say goes to a pipe that nobody holds, and it ends at its first word.
 */
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { lifeOf, stillLives } from './process-life.ts';
import { databaseFile } from './temporal-flags.ts';

const run = promisify(execFile);

export interface OwnedTemporal {
  readonly pid: number;
  /** The process that started it and will stop it. */
  readonly owner: number;
  /** Of the owner: another process may have its pid by now. */
  readonly ownerLife?: string | undefined;
  readonly address: string;
  readonly uiUrl?: string | undefined;
}

const pidFileContent = z.object({
  pid: z.int().positive(),
  owner: z.int().positive(),
  ownerLife: z.string().optional(),
  address: z.string(),
  uiUrl: z.string().optional(),
});

const graceMs = 5000;

/** @param owned what this process started */
export async function rememberOwner(dataDir: string, owned: Omit<OwnedTemporal, 'owner' | 'ownerLife'>): Promise<void> {
  const owner: OwnedTemporal = { ...owned, owner: process.pid, ownerLife: await lifeOf(process.pid) };
  await writeFile(pidFile(dataDir), JSON.stringify(owner));
}

export async function forgetOwner(dataDir: string): Promise<void> {
  await rm(pidFile(dataDir), { force: true });
}

/** @returns the Temporal that runs on this data folder for another process, if its owner lives; an orphan is stopped */
export async function findOwned(dataDir: string): Promise<OwnedTemporal | undefined> {
  const owned = await readOwned(dataDir);
  if (owned === undefined) return undefined;
  const ours = await isOurs(dataDir, owned);
  if (ours && (await stillLives(owned.owner, owned.ownerLife))) return owned;
  if (ours) await stopProcess(owned.pid);
  await forgetOwner(dataDir);
  return undefined;
}

/** Ends the Temporal of an owner that is gone, where nobody has started another on the folder since. */
export async function endAbandoned(dataDir: string, { owner, ownerLife }: OwnedTemporal): Promise<void> {
  const owned = await readOwned(dataDir);
  const isTheirs = owned?.owner === owner && owned.ownerLife === ownerLife;
  if (isTheirs && !(await stillLives(owner, ownerLife))) await findOwned(dataDir);
}

/** SIGTERM, and SIGKILL after five seconds. Resolves when the process is gone. */
export async function stopProcess(pid: number): Promise<void> {
  signal(pid, 'SIGTERM');
  const killAt = Date.now() + graceMs;
  while ((await lifeOf(pid)) !== undefined) {
    if (Date.now() > killAt) signal(pid, 'SIGKILL');
    await delay(20);
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in the meantime.
  }
}

/** A pid is used again after a while: it is ours only with our database on its command line. */
async function isOurs(dataDir: string, { pid }: OwnedTemporal): Promise<boolean> {
  return (await commandLine(pid)).includes(databaseFile({ dataDir }));
}

async function commandLine(pid: number): Promise<string> {
  if ((await lifeOf(pid)) === undefined) return '';
  try {
    return (await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { timeout: 5000 })).stdout;
  } catch {
    return await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '');
  }
}

async function readOwned(dataDir: string): Promise<OwnedTemporal | undefined> {
  try {
    return pidFileContent.parse(JSON.parse(await readFile(pidFile(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

function pidFile(dataDir: string): string {
  return join(dataDir, 'temporal.pid');
}
