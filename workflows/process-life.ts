/** Whether a process still lives: one that is dead keeps its pid until its parent has heard of it, and pids are used again. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What no other process with this pid has: when it began, in the words of the system. Empty where that cannot be seen. */
export type Life = string;

/** @returns undefined for a process that is not there, or is dead and was not collected yet */
export async function lifeOf(pid: number): Promise<Life | undefined> {
  if (!hasEntry(pid)) return undefined;
  const status = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  return status === undefined ? await bySystem(pid) : inStatus(status);
}

/** @param life as it was seen before; undefined where nobody looked */
export async function stillLives(pid: number, life: Life | undefined): Promise<boolean> {
  const now = await lifeOf(pid);
  return now !== undefined && (life === undefined || life === '' || now === '' || now === life);
}

/** Fields 3, 20 and 22 of proc_pid_stat(5), counted from behind the name, which may hold anything. */
function inStatus(status: string): Life | undefined {
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  const [state = '', threads, began] = [fields[0], fields[17], fields[19]];
  // The first thread is dead before the others: until they are, the process holds its ports and files.
  return /^[ZX]/.test(state) && Number(threads) <= 1 ? undefined : began;
}

/** Where there is no /proc. */
async function bySystem(pid: number): Promise<Life | undefined> {
  try {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { timeout: 5000, env });
    const [state = '', ...began] = stdout.trim().split(/\s+/);
    return state.startsWith('Z') ? undefined : began.join(' ');
  } catch {
    return hasEntry(pid) ? '' : undefined;
  }
}

function hasEntry(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's: it is there, and we may do nothing to it.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
