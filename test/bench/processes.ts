/** Processes that are measured: started from a file, their output in another, their CPU time and memory read from /proc. */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface MeasuredProcess {
  readonly pid: number;
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
}

const readyWithinMs = 60_000;

/**
 * @param isReady asked with everything it has written so far
 * @throws with the end of its output when it does not get ready
 */
export async function startProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  outputFile: string,
  isReady: (output: string) => Promise<boolean>,
): Promise<MeasuredProcess> {
  // A file takes every line at once, as a service manager would; a pipe to a busy reader would hold up the writer.
  const output = await open(outputFile, 'w');
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', output.fd, output.fd] });
  await output.close();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const deadline = Date.now() + readyWithinMs;
  while (!(await isReady(await readFile(outputFile, 'utf8')).catch(() => false))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${args.join(' ')} did not get ready:\n${(await readFile(outputFile, 'utf8')).slice(-4000)}`);
    }
    await delay(10);
  }
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** In clock ticks, of which Linux counts 100 a second whatever the kernel does. */
const ticksPerSecond = 100;

/** User and system time of a process and its threads so far. Milliseconds. */
export async function cpuMs(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
    // The command's name, in parentheses, may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1000) / ticksPerSecond;
}

/** Resident memory of processes together. Megabytes of 10^6 bytes. */
export async function residentMb(pids: readonly number[]): Promise<number> {
  let kb = 0;
  for (const pid of pids) {
    kb += Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0);
  }
  return (kb * 1024) / 1e6;
}
