/** Ends what a process of ours has started once that process is gone, however it went: killed, it can end nothing itself. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** What is left behind: a process, the Temporal that was started on a folder, a folder to be removed. */
export interface Ward {
  readonly pid?: number | undefined;
  readonly temporal?: string;
  readonly folder?: string;
}

/** One line to the caretaker: what it cares for under a number, or that it no longer does. */
export type CareOrder = { readonly number: number; readonly ward?: Ward };

let caretaker: ChildProcess | undefined;
let last = 0;

/**
 * Hands it to a process that outlives this one, which ends it as soon as this one is gone.
 * @returns takes it back, from when on nobody ends it; to be called once it is over, since pids are used again
 */
export function careFor(ward: Ward): () => void {
  const orders = start();
  const number = (last += 1);
  const order = (one: CareOrder): void => void orders.write(`${JSON.stringify(one)}\n`);
  order({ number, ward });
  return () => {
    order({ number });
  };
}

/** The same for a child, until it has ended. */
export function careForChild(child: ChildProcess): void {
  if (child.pid !== undefined) child.once('exit', careFor({ pid: child.pid }));
}

function start(): Writable {
  caretaker ??= hire();
  if (caretaker.stdin === null) throw new Error('the caretaker listens to nobody');
  return caretaker.stdin;
}

function hire(): ChildProcess {
  // In a group of its own: a Ctrl-C, or whatever ends our whole group, leaves it to do its work.
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-caretaker.ts'), String(process.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  // It waits for our end, and not we for its.
  child.unref();
  unrefed(child.stdin);
  return child;
}

/** A pipe that keeps nobody running: a socket, which its type does not say. */
function unrefed(pipe: (Writable | Readable) & { unref?: () => void }): void {
  pipe.unref?.();
}
