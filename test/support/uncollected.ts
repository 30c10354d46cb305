/** A process that is dead and keeps its pid, since its parent never asks for it: as below a first process that collects nobody. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { careForChild } from './caretaker.ts';

export interface Uncollected {
  readonly pid: number;
  /** Ends its parent, and it is gone. */
  collect(): void;
}

export async function uncollected(): Promise<Uncollected> {
  // By the time it ends, the shell has become a program that knows of no child.
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'inherit'] });
  careForChild(parent);
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  while (!(await readFile(`/proc/${String(pid)}/stat`, 'utf8')).includes(') Z ')) await delay(10);
  return { pid, collect: () => void parent.kill('SIGKILL') };
}
