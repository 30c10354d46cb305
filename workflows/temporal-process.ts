/** The development server as a child process: started, watched until it serves, and stopped with us. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { connectWithin } from './connection.ts';
import { TemporalUnavailable } from './errors.ts';
import { stopProcess } from './temporal-owner.ts';

export interface TemporalProcess {
  readonly pid: number;
  /** Resolves when it has ended, asked or not, with how: its signal or exit code, and what it said last. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface ProcessStart {
  readonly command: string;
  readonly args: readonly string[];
  readonly address: string;
  readonly namespace: string;
  /** Told the pid at once: a caller that is killed while it waits leaves an orphan. */
  readonly onSpawned: (pid: number) => Promise<void>;
  /** Stops it while it starts. */
  readonly signal?: AbortSignal | undefined;
}

/** Much more than it needs on a machine that does nothing else. */
const startLimitMs = 60_000;
const keptOutput = 4000;

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
 * Starts the server and waits, a minute at most, until it serves.
 * @throws TemporalUnavailable with the end of what the server said, and `endedEarly` where it ended unasked
 */
export async function startProcess(options: ProcessStart): Promise<TemporalProcess> {
  const { command, args, address, namespace } = options;
  // In a process group of its own: the terminal's Ctrl-C reaches us alone, and we drain before the server goes.
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // One core serves more logins than our own processes can bring; with more, it spends time on finding them work.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], GOMAXPROCS: '1' },
  });
  const complaints = tailOf(child.stderr);
  const output = tailOf(child.stdout);
  const gone = new AbortController();
  const killWithUs = (): void => {
    child.kill('SIGTERM');
  };
  process.once('exit', killWithUs);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      gone.abort();
      resolve(error.message);
    });
    child.once('exit', () => {
      process.off('exit', killWithUs);
      gone.abort();
    });
    child.once('close', (code, signal) => {
      const last = [complaints.last(), output.last()].filter((text) => text !== '').join(' ');
      resolve(`${signal ?? `exit code ${String(code)}`}${last === '' ? '' : `: ${last}`}`);
    });
  });
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && !hasEnded(child)) await stopProcess(child.pid);
  };

  try {
    if (child.pid !== undefined) await options.onSpawned(child.pid);
    const signals = options.signal === undefined ? [gone.signal] : [gone.signal, options.signal];
    await waitUntilItServes(address, namespace, AbortSignal.any(signals));
  } catch (error) {
    const endedEarly = child.pid !== undefined && gone.signal.aborted && options.signal?.aborted !== true;
    const how = gone.signal.aborted ? await ended : `it did not answer at ${address} within a minute`;
    await stop();
    throw new TemporalUnavailable(`Temporal did not start (${command}): ${how}`, { cause: error, endedEarly });
  }
  // A server that serves greets, and has complained of those who asked too early: neither says why it ends.
  complaints.forget();
  output.stop();
  return { pid: child.pid ?? 0, ended, stop };
}

/** Keeps the end of what comes; `last` is its last three lines as one. */
function tailOf(stream: Readable): { last(): string; forget(): void; stop(): void } {
  let kept = '';
  const keep = (text: string): void => {
    kept = (kept + text).slice(-keptOutput);
  };
  stream.setEncoding('utf8').on('data', keep);
  const forget = (): void => {
    kept = '';
  };
  return {
    last: () => kept.trim().split('\n').slice(-3).join(' '),
    forget,
    stop() {
      // Read on: a pipe that nobody empties holds up who writes.
      stream.off('data', keep).resume();
      forget();
    },
  };
}

async function waitUntilItServes(address: string, namespace: string, cancelled: AbortSignal): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  for (;;) {
    cancelled.throwIfAborted();
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
