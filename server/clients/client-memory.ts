/** Clients as they were a moment ago: the protocol asks for the same one several times in a request. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';
import type { Client, ClientPlace } from './client.ts';

/** Shared by all stores of a process, so that what one writes is not remembered by another. */
export interface ClientMemory {
  /** Answers what is remembered, or else reads it. That there is no such client is never remembered. */
  recall(place: ClientPlace, read: () => Promise<Client | undefined>): Promise<Client | undefined>;
  /** Reads it whatever is remembered, and remembers that. */
  renew(place: ClientPlace, read: () => Promise<Client | undefined>): Promise<Client | undefined>;
  /** It is being written: nothing is remembered of it until that is committed, or was given up. */
  distrust(place: ClientPlace): void;
}

/** Milliseconds that a client is believed to be as it was read: what another process changed shows after that. */
const believedMs = 1000;
/** About 3 KB each. */
const kept = 2000;

interface Entry {
  readonly at: number;
  /** Undefined while it is not trusted. */
  readonly client: Client | undefined;
}

export function createClientMemory({ clock }: { readonly clock: Clock }): ClientMemory {
  const entries = new LRUCache<string, Entry>({ max: kept });
  const keyOf = ({ tenantId, workspaceId, id }: ClientPlace): string => JSON.stringify([tenantId, workspaceId, id]);
  const current = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    return entry !== undefined && clock.now() - entry.at < believedMs ? entry : undefined;
  };

  const readAndKeep = async (key: string, read: () => Promise<Client | undefined>): Promise<Client | undefined> => {
    const at = clock.now();
    const client = await read();
    const meanwhile = current(key);
    const isDistrusted = meanwhile !== undefined && meanwhile.client === undefined;
    if (client !== undefined && !isDistrusted) entries.set(key, { at, client });
    return client;
  };

  return {
    async recall(place, read) {
      const key = keyOf(place);
      return current(key)?.client ?? readAndKeep(key, read);
    },
    renew: (place, read) => readAndKeep(keyOf(place), read),
    distrust(place) {
      entries.set(keyOf(place), { at: clock.now(), client: undefined });
    },
  };
}
