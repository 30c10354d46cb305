/** Starts the deliveries that are due, whoever's rows they are: those nobody started, and those that did not end. */
import type { DeliveryRows } from '../extension-points/deliveries.ts';
import type { Doorbell } from './doorbell.ts';
import { startDelivery, type OwnedRows, type StartDeliveryDeps } from './start-delivery.ts';

export interface WatchedRows extends OwnedRows {
  readonly rows: DeliveryRows;
}

export interface DeliveryWatchDeps extends StartDeliveryDeps {
  readonly sources: readonly WatchedRows[];
  /** Rung by who has written rows. */
  readonly doorbell: Doorbell;
  /** Between looks when nobody rings. Milliseconds; 2 s by default. */
  readonly intervalMs?: number;
}

export interface DeliveryWatch {
  start(): void;
  /** Looks once at everything. @returns how many were due */
  look(): Promise<number>;
  stop(): Promise<void>;
}

const batchSize = 50;
/** Starts under way at once. */
const abreast = 10;

/**
 * Starts what nobody started, because Temporal was away or a process died; and again what was started and did not end,
 * because Temporal may have lost what it knew. Of one that runs a second start changes nothing. Each source is looked at by
 * itself: one whose rows cannot be read holds up no other.
 */
export function createDeliveryWatch(deps: DeliveryWatchDeps): DeliveryWatch {
  const { sources, doorbell, clock, log, intervalMs = 2_000 } = deps;
  const stopped = new AbortController();
  let loops: Promise<unknown> | undefined;

  const lookAt = async (source: WatchedRows): Promise<number> => {
    try {
      const due = await source.rows.listDue(clock.now(), batchSize);
      for (let at = 0; at < due.length && !stopped.signal.aborted; at += abreast)
        await Promise.all(due.slice(at, at + abreast).map((one) => startDelivery(deps, source, one)));
      return due.length;
    } catch (error) {
      log.warn({ err: error, owner: source.owner ?? 'core' }, 'Deliveries could not be looked at.');
      return 0;
    }
  };
  const run = async (source: WatchedRows): Promise<void> => {
    while (!stopped.signal.aborted) {
      const rings = doorbell.rings();
      if ((await lookAt(source)) === batchSize) continue;
      await doorbell.rest(rings, intervalMs, stopped.signal);
    }
  };

  return {
    async look() {
      const counts = await Promise.all(sources.map(lookAt));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    start() {
      loops ??= Promise.all(sources.map(run));
    },
    async stop() {
      stopped.abort();
      await loops;
    },
  };
}
