/** Starts the delivery of messages that are written: at once by who wrote them; the watch over all deliveries does the rest. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startDelivery, type StartDeliveryDeps } from '../deliveries/start-delivery.ts';
import type { DeliveryRows, DueDelivery } from '../extension-points/deliveries.ts';
import { messageId } from '../kernel/ids.ts';
import { newMessage, watchMs, type MessageStore, type NewMessage, type OutgoingMessage } from './outgoing-message.ts';

export interface DispatchDeps extends StartDeliveryDeps {
  /** Outside of any transaction. */
  readonly messages: Pick<MessageStore, 'insert' | 'listDue' | 'postpone' | 'end'>;
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
  const own = { owner: undefined, rows: messageRows(deps.messages) };
  const start = (message: OutgoingMessage): Promise<void> => startDelivery(deps, own, dueOf(message));
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
        await start(message);
      }
    } catch (error) {
      deps.log.warn({ code: error instanceof Error ? error.name : 'unknown' }, 'A message could not be written.');
    }
  };
  return {
    begin(message) {
      if (stopping || message.state !== 'waiting' || underWay.size >= mostUnderWay) return;
      add(sleep(0).then(() => start(message)));
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

/** Messages as the watch over all deliveries sees them. */
export function messageRows(messages: Pick<MessageStore, 'listDue' | 'postpone' | 'end'>): DeliveryRows {
  return {
    lookAgainMs: watchMs,
    listDue: async (now, limit) => (await messages.listDue(now, limit)).map(dueOf),
    postpone: ({ tenantId, deliveryId }, dueAt) => messages.postpone(tenantId, messageId(deliveryId), dueAt),
    end: ({ tenantId, deliveryId }, end) => messages.end(tenantId, messageId(deliveryId), end),
  };
}

function dueOf({ tenantId, id, kind, destinations, expiresAt, reason }: OutgoingMessage): DueDelivery {
  return { tenantId, deliveryId: id, kind, destinations, expiresAt, reason };
}
