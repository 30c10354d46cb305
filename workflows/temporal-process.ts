/** The development server as a child process: started, watched until it serves, and stopped with us. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connectWithin } from './connection.ts';
import { TemporalUnavailable } from './errors.ts';
import { stopProcess } from './temporal-owner.ts';

export interface TemporalProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

const startLimitMs = 15_000;
const keptErrorOutput = 4000;

/** @throws TemporalUnavailable in one sentence when somebody else listens on a port of this machine */
export async function requireFreePort(port: number, what: string, setting: string): Promise<void> {
  const server = createServer();
  const listening = Promise.withResolvers<undefined>();
  server.once('error', listening.reject).listen(port, '127.0.0.1', () => {
    listening.resolve(undefined);
  });
  try {
    await listening.promise;
  } catch (error) {
    const message = `Port ${String(port)}, which ${what} wants on 127.0.0.1, is taken: stop what listens there, or set ${setting} to another port.`;
    throw new TemporalUnavailable(message, { cause: error });
  }
  await new Promise((closed) => server.close(closed));
}

/**
 * Starts the server and waits, 15 s at most, until it serves.
 * @param onSpawned told the pid at once: a caller that is killed while it waits leaves an orphan
 * @throws TemporalUnavailable with the end of what the server said
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  address: string,
  namespace: string,
  onSpawned: (pid: number) => Promise<void>,
): Promise<TemporalProcess> {
  // In a process group of its own: the terminal's Ctrl-C reaches us alone, and we drain before the server goes.
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-keptErrorOutput);
  });
  const ended = new AbortController();
  child.once('error', (error) => {
    said += error.message;
    ended.abort();
  });
  child.once('exit', () => {
    ended.abort();
  });
  const killWithUs = (): void => {
    child.kill('SIGTERM');
  };
  process.once('exit', killWithUs);
  const stop = async (): Promise<void> => {
    process.off('exit', killWithUs);
    if (child.pid !== undefined && !hasEnded(child)) await stopProcess(child.pid);
  };

  try {
    if (child.pid !== undefined) await onSpawned(child.pid);
    await waitUntilItServes(address, namespace, ended.signal);
  } catch (error) {
    await stop();
    const last = said.trim().split('\n').slice(-3).join(' ');
    throw new TemporalUnavailable(
      `Temporal did not start (${command}): ${last === '' ? `it did not answer at ${address} within 15 s` : last}`,
      { cause: error },
    );
  }
  return { pid: child.pid ?? 0, stop };
}

async function waitUntilItServes(address: string, namespace: string, ended: AbortSignal): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  for (;;) {
    ended.throwIfAborted();
    try {
      const connection = await connectWithin({ address }, namespace, 1000);
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(50);
    }
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
