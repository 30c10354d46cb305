/** Tells observers what happened: after commit, at least once, one process at a time, and later and later when it fails. */
import type { Doorbell } from '../deliveries/doorbell.ts';
import type { Clock } from '../kernel/clock.ts';
import type { AuditObserver, Delivery, OutboxStore } from './event.ts';

export interface RelayLog {
  warn(members: Readonly<Record<string, unknown>>, message: string): void;
}

export interface OutboxRelayDeps {
  /** Outside of any transaction: a claim must be seen by others at once. */
  readonly outbox: Omit<OutboxStore, 'removeExpired' | 'isBehind'>;
  readonly observers: readonly AuditObserver[];
  /** Rung after a commit: deliveries begin now. */
  readonly doorbell: Doorbell;
  readonly clock: Clock;
  readonly log: RelayLog;
  /** Time between looks when nobody rings: for what other processes commit, and what failed. Milliseconds; default 100. */
  readonly intervalMs?: number;
  /** How long a claim holds; handlers are aborted after three quarters of it. Milliseconds; default 60 s. */
  readonly leaseMs?: number;
  /** Deliveries under way at once; default 20. */
  readonly batchSize?: number;
  /** Between 0 and 1. */
  readonly random?: () => number;
}

export interface OutboxRelay {
  start(): void;
  /** Claims no more, and waits for the deliveries under way. */
  stop(): Promise<void>;
}

const firstPauseMs = 1_000;
const longestPauseMs = 15 * 60_000;

/** @returns milliseconds to wait after this many attempts: doubling, half of it by chance, so that failures spread out */
export function pauseAfter(attempts: number, random: number): number {
  const full = Math.min(firstPauseMs * 2 ** Math.min(attempts - 1, 30), longestPauseMs);
  return Math.round(full / 2 + (full / 2) * random);
}

export function createOutboxRelay(deps: OutboxRelayDeps): OutboxRelay {
  const { outbox, doorbell, clock, log } = deps;
  const { intervalMs = 100, leaseMs = 60_000, batchSize = 20, random = Math.random } = deps;
  const observers = new Map(deps.observers.map((observer) => [observer.name, observer]));

  const underWay = new Set<Promise<void>>();
  const stopped = new AbortController();
  let loop: Promise<void> | undefined;

  const deliver = async (delivery: Delivery): Promise<void> => {
    const { event, attempts } = delivery;
    try {
      await withinTime(leaseMs * 0.75, (signal) => observers.get(delivery.observer)?.handle(event, signal));
    } catch (error) {
      log.warn({ err: error, observer: delivery.observer, event: event.id, attempts }, 'an observer failed');
      await outbox.postpone(delivery, clock.now() + pauseAfter(attempts, random()));
      return;
    }
    await outbox.remove(delivery);
  };

  /** A slow observer holds its own place only: others go on beside it. */
  const begin = (delivery: Delivery): void => {
    const delivered = deliver(delivery)
      .catch((error: unknown) => {
        // The claim stays; when its lease ends, the event is told again.
        log.warn({ err: error }, 'the outbox could not be written');
      })
      .finally(() => {
        if (underWay.size >= batchSize) doorbell.ring();
        underWay.delete(delivered);
      });
    underWay.add(delivered);
  };

  const claim = async (): Promise<readonly Delivery[]> => {
    const limit = batchSize - underWay.size;
    if (limit === 0) return [];
    try {
      return await outbox.claimDue({ names: [...observers.keys()], now: clock.now(), limit, leaseMs });
    } catch (error) {
      log.warn({ err: error }, 'the outbox could not be read');
      return [];
    }
  };

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const rings = doorbell.rings();
      const claimed = await claim();
      claimed.forEach(begin);
      if (claimed.length === 0) await doorbell.rest(rings, intervalMs, stopped.signal);
    }
    await Promise.all(underWay);
  };

  return {
    start() {
      if (observers.size > 0) loop ??= run();
    },
    async stop() {
      stopped.abort();
      await loop;
    },
  };
}

/** Rejects when time is up, also for a handler that does not listen to its signal. */
async function withinTime(ms: number, work: (signal: AbortSignal) => Promise<void> | undefined): Promise<void> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const reason = new Error(`not done within ${String(ms)} ms`);
      controller.abort(reason);
      reject(reason);
    }, ms);
  });
  try {
    await Promise.race([work(controller.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
