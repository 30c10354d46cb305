/** Who is signed in to the demonstration: in memory, bounded, gone with the process. */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ReceivedTokens } from '../relying-party/relying-party.ts';
import type { DemoNotice } from '../themes/demo-pages.ts';

export interface DemoSession {
  readonly tokens: ReceivedTokens;
  readonly userinfo?: Readonly<Record<string, unknown>>;
  readonly introspection?: Readonly<Record<string, unknown>>;
  /** Shown once. */
  readonly notice?: DemoNotice | undefined;
}

export interface DemoSessions {
  find(place: string, id: string): DemoSession | undefined;
  /** @returns a new id: an id from before the sign-in is never kept */
  open(place: string, session: DemoSession): string;
  update(place: string, id: string, session: DemoSession): void;
  close(place: string, id: string): void;
}

const mostSessions = 1000;
const lifetimeMs = 3_600_000;

export function createDemoSessions(): DemoSessions {
  const sessions = new LRUCache<string, DemoSession>({ max: mostSessions, ttl: lifetimeMs });
  const keyOf = (place: string, id: string): string => `${place}/${id}`;
  return {
    find: (place, id) => sessions.get(keyOf(place, id)),
    open(place, session) {
      const id = randomBytes(32).toString('base64url');
      sessions.set(keyOf(place, id), session);
      return id;
    },
    update(place, id, session) {
      sessions.set(keyOf(place, id), session);
    },
    close(place, id) {
      sessions.delete(keyOf(place, id));
    },
  };
}
