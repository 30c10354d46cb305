/** Starts the delivery of messages that are written: at once by who wrote them, and later by a watch over all of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryClient } from '../../workflows/client.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { DataKeyStore } from '../tenants/data-key.ts';
import {
  newMessage,
  startGraceMs,
  watchMs,
  type MessageStore,
  type NewMessage,
  type OutgoingMessage,
} from './outgoing-message.ts';

export interface DispatchDeps {
  /** Outside of any transaction. */
  readonly messages: Pick<MessageStore, 'insert' | 'listDue' | 'postpone' | 'end'>;
  readonly dataKeys: Pick<DataKeyStore, 'ensure'>;
  readonly deliveries: Pick<DeliveryClient, 'start'>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

export interface Dispatch {
  /**
   * Call after the commit that wrote it. In a later turn, so that whoever asked is answered in the same time whether or
   * not there is something to send; nobody waits for Temporal: what cannot be started now, the watch starts. Never
   * rejects, and does nothing for what is not to be sent.
   */
  begin(message: OutgoingMessage): void;
  /**
   * Begins in a later turn, so that whoever asked is answered in the same time whatever there is to send.
   * @param write looks up what to send
   * @returns false when too much is waiting already; nothing will be sent then
   */
  post(write: () => Promise<readonly NewMessage[]>): boolean;
  /** Waits for the starts under way, each of which is bounded. */
  stop(): Promise<void>;
}

/** More of them at once are left to the watch. */
const mostUnderWay = 200;

export function createDispatch(deps: DispatchDeps): Dispatch {
  const underWay = new Set<Promise<void>>();
  let stopping = false;
  const add = (work: Promise<void>): void => {
    const job = work.finally(() => underWay.delete(job));
    underWay.add(job);
  };
  const keep = async (write: () => Promise<readonly NewMessage[]>): Promise<void> => {
    await sleep(0);
    try {
      for (const written of await write()) {
        const message = newMessage(written, deps.clock.now());
        await deps.messages.insert(message);
        await start(deps, message);
      }
    } catch (error) {
      deps.log.warn({ code: error instanceof Error ? error.name : 'unknown' }, 'A message could not be written.');
    }
  };
  return {
    begin(message) {
      if (stopping || message.state !== 'waiting' || underWay.size >= mostUnderWay) return;
      add(sleep(0).then(() => start(deps, message)));
    },
    post(write) {
      if (stopping || underWay.size >= mostUnderWay) return false;
      add(keep(write));
      return true;
    },
    async stop() {
      stopping = true;
      await Promise.all(underWay);
    },
  };
}

export interface MessageWatch {
  start(): void;
  /** Looks once. @returns how many were due */
  look(): Promise<number>;
  stop(): Promise<void>;
}

const batchSize = 50;

/**
 * Starts what nobody started, because Temporal was away or a process died; and again what was started and did not end,
 * because Temporal may have lost what it knew. Of one that runs a second start changes nothing.
 * @param intervalMs between looks, 2 s by default
 */
export function createMessageWatch(deps: DispatchDeps & { readonly intervalMs?: number }): MessageWatch {
  const { messages, clock, log, intervalMs = 2_000 } = deps;
  const stopped = new AbortController();
  let loop: Promise<void> | undefined;

  const look = async (): Promise<number> => {
    try {
      const due = await messages.listDue(clock.now(), batchSize);
      for (const message of due) {
        if (stopped.signal.aborted) break;
        await start(deps, message);
      }
      return due.length;
    } catch (error) {
      log.warn({ err: error }, 'Messages could not be looked at.');
      return 0;
    }
  };
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      if ((await look()) === batchSize) continue;
      await sleep(intervalMs, undefined, { ref: false, signal: stopped.signal }).catch(() => undefined);
    }
  };

  return {
    look,
    start() {
      loop ??= run();
    },
    async stop() {
      stopped.abort();
      await loop;
    },
  };
}

/** Never rejects. */
async function start(
  { messages, dataKeys, deliveries, clock, log }: DispatchDeps,
  { tenantId, id, kind, destinations, expiresAt, reason }: OutgoingMessage,
): Promise<void> {
  try {
    const lifetimeMs = expiresAt - clock.now();
    if (lifetimeMs <= 0) {
      await messages.end(tenantId, id, { state: 'expired', reason: reason ?? 'never_started' });
      return;
    }
    await dataKeys.ensure(tenantId, id);
    const found = await deliveries.start({ tenantId, deliveryId: id, kind, destinations, lifetimeMs });
    // Closed, and its row waits: whoever terminated it told the row nothing.
    if (found === 'over') await messages.end(tenantId, id, { state: 'failed', reason: 'stopped' });
    else await messages.postpone(tenantId, id, clock.now() + watchMs);
  } catch (error) {
    log.warn(
      { message: id, code: error instanceof Error ? error.name : 'unknown' },
      'A delivery could not be started.',
    );
    await messages.postpone(tenantId, id, clock.now() + startGraceMs).catch(() => undefined);
  }
}
