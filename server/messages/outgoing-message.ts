/** A message on its way: kept until it was sent, and erased of what it says once it was. */
import type { MessageId, PoolId, TenantId, UserId } from '../kernel/ids.ts';
import { startGraceMs } from '../deliveries/start-delivery.ts';
import type { Letter } from './message.ts';

/** `withheld` was never to be sent: it was written for nobody, so that nobody costs what somebody does. */
export type MessageState = 'waiting' | 'delivered' | 'failed' | 'expired' | 'withheld';

export interface OutgoingMessage {
  readonly tenantId: TenantId;
  readonly id: MessageId;
  /** A code, e.g. `code_authentication`: for operations to read. */
  readonly kind: string;
  /** The message goes with them. */
  readonly owner: { readonly poolId: PoolId; readonly userId: UserId } | undefined;
  /** The one meant, then the fallbacks. Sealed at rest; empty once the message has ended. */
  readonly letters: readonly Letter[];
  /** How many letters there are, or were. */
  readonly destinations: number;
  readonly state: MessageState;
  /** Why it failed, the last time it did. A code. */
  readonly reason: string | undefined;
  readonly attempts: number;
  readonly createdAt: number;
  /** After this it is good for nothing. Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** When somebody has to see to it that its delivery runs; undefined once it has ended. */
  readonly dueAt: number | undefined;
}

/** A destination more costs a table of possible histories, and a person has not read four of theirs. */
export const mostDestinations = 3;

/** How often somebody looks whether a delivery that was started is still there. Milliseconds. */
export const watchMs = 5 * 60_000;

export type NewMessage = Pick<OutgoingMessage, 'tenantId' | 'id' | 'kind' | 'owner' | 'letters' | 'expiresAt'> & {
  /** False for nobody's. */
  readonly isToBeSent: boolean;
};

/** A row as it begins. */
export function newMessage({ isToBeSent, ...given }: NewMessage, now: number): OutgoingMessage {
  const letters = given.letters.slice(0, mostDestinations);
  return {
    ...given,
    letters,
    destinations: letters.length,
    state: isToBeSent ? 'waiting' : 'withheld',
    reason: undefined,
    attempts: 0,
    createdAt: now,
    dueAt: isToBeSent ? now + startGraceMs : undefined,
  };
}

export interface MessageEnd {
  readonly state: 'delivered' | 'failed' | 'expired';
  readonly reason: string;
}

export interface MessageStore {
  insert(message: OutgoingMessage): Promise<void>;
  find(tenant: TenantId, id: MessageId): Promise<OutgoingMessage | undefined>;
  /** Notes a try that failed. */
  countAttempt(tenant: TenantId, id: MessageId, reason: string): Promise<void>;
  /** Ends it and erases what it says, unless it has ended. @returns it as it is then */
  end(tenant: TenantId, id: MessageId, end: MessageEnd): Promise<OutgoingMessage | undefined>;
  /** Those whose time has come, the oldest first. */
  listDue(now: number, limit: number): Promise<readonly OutgoingMessage[]>;
  /** When to look at it again, unless it has ended. */
  postpone(tenant: TenantId, id: MessageId, dueAt: number): Promise<void>;
}
