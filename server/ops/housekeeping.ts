/** Removes what is over, a little at a time, beside the work and never in its way. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../kernel/clock.ts';

export interface Sweep {
  /** For the log, e.g. `proofs`. */
  readonly name: string;
  /** Removes up to `limit` rows that are over at `now` (milliseconds since the epoch). @returns how many */
  readonly run: (now: number, limit: number) => Promise<number>;
}

export interface HousekeepingDeps {
  readonly sweeps: readonly Sweep[];
  readonly clock: Clock;
  readonly log: {
    info(members: Readonly<Record<string, unknown>>, message: string): void;
    warn(members: Readonly<Record<string, unknown>>, message: string): void;
  };
  /** Time between rounds. Milliseconds. */
  readonly intervalMs: number;
  /** Time between two batches, in which logins get the database. Milliseconds; default 50. */
  readonly breathMs?: number;
}

export interface Housekeeping {
  /** The first round begins after one interval. */
  start(): void;
  /** Waits for the batch under way, and begins no other. */
  stop(): Promise<void>;
}

const batchSize = 500;
/** A round ends after so many batches of one sweep; the rest waits for the next round. */
const batchesPerRound = 20;

export function createHousekeeping(deps: HousekeepingDeps): Housekeeping {
  const { sweeps, clock, log, intervalMs, breathMs = 50 } = deps;
  const stopped = new AbortController();
  let loop: Promise<void> | undefined;

  /** Rests without keeping the process alive, and no longer than until it stops. */
  const rest = (ms: number): Promise<void> =>
    sleep(ms, undefined, { ref: false, signal: stopped.signal }).catch(() => undefined);

  const sweep = async ({ name, run }: Sweep): Promise<void> => {
    let removed = 0;
    try {
      for (let batch = 0; batch < batchesPerRound && !stopped.signal.aborted; batch += 1) {
        const count = await run(clock.now(), batchSize);
        removed += count;
        if (count < batchSize) break;
        await rest(breathMs);
      }
    } catch (error) {
      log.warn({ err: error, sweep: name }, 'housekeeping failed');
    }
    if (removed > 0) log.info({ sweep: name, removed }, 'housekeeping');
  };

  const run = async (): Promise<void> => {
    for (;;) {
      await rest(intervalMs);
      for (const each of sweeps) {
        if (stopped.signal.aborted) return;
        await sweep(each);
      }
      if (stopped.signal.aborted) return;
    }
  };

  return {
    start() {
      loop ??= run();
    },
    async stop() {
      stopped.abort();
      await loop;
    },
  };
}
