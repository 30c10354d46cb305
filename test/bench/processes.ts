/** Processes that are measured: started from a file, their output in another, their CPU time and memory read from /proc. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface MeasuredProcess {
  readonly pid: number;
  /** SIGTERM, and SIGKILL to one that does not heed it; resolves when it is gone. */
  stop(): Promise<void>;
}

const readyWithinMs = 60_000;
/** Longer than a server drains. */
const stopWithinMs = 15_000;

const running = new Set<ChildProcess>();
let over = false;

// Whatever ends us: what is told to stop takes along what it started itself, which a SIGKILL would leave behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** Remembers what was started, from the first moment on. @throws when all has been stopped; then nothing is left */
export function keepTrack(start: () => ChildProcess): ChildProcess {
  if (over) throw new Error('the bench is over');
  const child = start();
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Stops all that still run, also what is only starting; none is started after. */
export async function stopProcesses(): Promise<void> {
  over = true;
  await Promise.all([...running].map(stopProcess));
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const gone = once(child, 'close');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await gone;
  clearTimeout(timer);
}

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
  let child: ChildProcess;
  try {
    child = keepTrack(() => spawn(process.execPath, args, { env, stdio: ['ignore', output.fd, output.fd] }));
  } finally {
    await output.close();
  }
  const deadline = Date.now() + readyWithinMs;
  while (!(await isReady(await readFile(outputFile, 'utf8')).catch(() => false))) {
    if (!running.has(child) || Date.now() > deadline) {
      await stopProcess(child);
      throw new Error(`${args.join(' ')} did not get ready:\n${(await readFile(outputFile, 'utf8')).slice(-4000)}`);
    }
    await delay(10);
  }
  return { pid: child.pid ?? 0, stop: () => stopProcess(child) };
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
