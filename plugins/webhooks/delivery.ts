/** One event on its way to one endpoint: told at least once, by one id, and kept for a while to be looked at or sent again. */
import { createHash } from 'node:crypto';
import type { DomainEvent, DueDelivery, EventId, TenantId, WorkspaceId } from '../kit/index.ts';
import type { Webhook } from './webhook.ts';

/** `held` while its endpoint is paused or disabled. */
export type DeliveryState = 'waiting' | 'held' | 'delivered' | 'failed' | 'expired';

export interface Delivery {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly webhookId: string;
  /** What the receiver knows it by, however often it is sent. */
  readonly id: string;
  readonly eventId: EventId;
  readonly subject: string;
  readonly action: string;
  /** When it happened. Milliseconds since the epoch. */
  readonly eventAt: number;
  /** Those of one endpoint with the same key arrive in their order; undefined where order does not matter. */
  readonly orderKey: string | undefined;
  readonly state: DeliveryState;
  /** A code: why it failed, the last time it did. */
  readonly reason: string | undefined;
  /** Tries so far, whatever came of them. */
  readonly attempts: number;
  /** Counts how often its delivery was begun: each has a workflow of its own. */
  readonly run: number;
  readonly createdAt: number;
  /** When its endpoint was first tried in this run. */
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly dueAt: number | undefined;
  /** When somebody last wanted it tried without waiting for its next try. */
  readonly hurriedAt: number | undefined;
  /** Whether its workflow has not been told of that yet. */
  readonly isHurried: boolean;
}

/** One try. */
export interface DeliveryAttempt {
  /** Counts from 1, over all runs. */
  readonly number: number;
  readonly at: number;
  /** Undefined where nobody heard what came of it. */
  readonly durationMs: number | undefined;
  /** Of the answer, where there was one. */
  readonly status: number | undefined;
  /** A code. */
  readonly reason: string;
  readonly exchange: Exchange;
}

/** What was sent, without what only the receiver may know, and how it was answered. Sealed at rest. */
export interface Exchange {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer?: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
}

/** For how long an endpoint is tried. Milliseconds. */
export const lifetimeMs = 72 * 3_600_000;
/** For how long what was sent, or could not be, is kept. Milliseconds. */
export const keptMs = 30 * 86_400_000;
/** Of each delivery; older ones are forgotten. */
export const mostAttemptsKept = 30;

/** Pauses of 5 s that double up to four hours, half of each left to chance: about thirty tries in 72 hours. */
export const retry = { firstMs: 5_000, longestMs: 4 * 3_600_000, jitter: 0.5 } as const;

/** Between two times that somebody has one tried now. Milliseconds. */
export const hurryEveryMs = 10_000;
/** Tries of a delivery beyond which nobody has more made of it: each stands in the history of its workflow. */
export const mostHurriedTries = 500;

/** How long after it happened something is sent where order matters: what came before it may still be on its way here. Milliseconds. */
export const settlingMs = 1_000;

/** The same for the same event and endpoint, so that one that is noted down twice is one. */
export function deliveryIdOf(webhook: Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>, event: EventId): string {
  const { tenantId, workspaceId, id } = webhook;
  return createHash('sha256').update([tenantId, workspaceId, id, event].join('\n')).digest('hex').slice(0, 32);
}

/** Whom or what an event is about: a person, else a group, else a client, else its subject. Hashed: only compared. */
function orderKeyOf({ subject, metadata }: Pick<DomainEvent, 'subject' | 'metadata'>): string {
  const person = metadata.affected_user_id ?? metadata.user_id ?? metadata.subject;
  const about = person ?? metadata.group_id ?? metadata.client_id ?? subject;
  return createHash('sha256').update(about).digest('hex');
}

/** A row as it begins. */
export function newDelivery(webhook: Webhook, event: DomainEvent, now: number): Delivery {
  const isHeld = webhook.state !== 'running';
  return {
    tenantId: webhook.tenantId,
    workspaceId: webhook.workspaceId,
    webhookId: webhook.id,
    id: deliveryIdOf(webhook, event.id),
    eventId: event.id,
    subject: event.subject,
    action: event.action,
    eventAt: event.at,
    orderKey: webhook.ordered ? orderKeyOf(event) : undefined,
    state: isHeld ? 'held' : 'waiting',
    reason: undefined,
    attempts: 0,
    run: 1,
    createdAt: now,
    startedAt: undefined,
    endedAt: undefined,
    dueAt: isHeld ? undefined : webhook.ordered ? Math.max(now, event.at + settlingMs) : now,
    hurriedAt: undefined,
    isHurried: false,
  };
}

/** The id of its workflow: of this run, and of no earlier one. */
export function runIdOf({ id, run }: Pick<Delivery, 'id' | 'run'>): string {
  return `${id}.${String(run)}`;
}

/** @returns undefined for what is no such id */
export function readRunId(runId: string): { readonly id: string; readonly run: number } | undefined {
  const [, id, run] = /^([0-9a-f]{32})\.(\d{1,9})$/.exec(runId) ?? [];
  return id === undefined || run === undefined ? undefined : { id, run: Number(run) };
}

export function dueOf(delivery: Delivery, now: number): DueDelivery {
  return {
    tenantId: delivery.tenantId,
    deliveryId: runIdOf(delivery),
    kind: 'webhook',
    destinations: 1,
    // One that had to wait for others has all of its time before it.
    expiresAt: (delivery.startedAt ?? now) + lifetimeMs,
    reason: delivery.reason,
    retry,
    ...(delivery.isHurried && delivery.hurriedAt !== undefined ? { hurriedAt: delivery.hurriedAt } : {}),
  };
}

/** Which of an endpoint's deliveries: of when, and how they stand. */
export interface DeliveryFilter {
  readonly states?: readonly DeliveryState[];
  /** When it happened: from then on. Milliseconds since the epoch. */
  readonly from?: number;
  /** Before then. */
  readonly to?: number;
}

export interface DeliveryPage extends DeliveryFilter {
  /** Begins behind this one. */
  readonly after?: string;
  readonly limit: number;
}

type Place = Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>;

export interface DeliveryStore {
  /** Does nothing where it is there already. */
  insertOnce(delivery: Delivery): Promise<void>;
  find(tenant: TenantId, id: string): Promise<Delivery | undefined>;
  /** Of one endpoint, what happened last first. @throws PlatformError `unprocessable_entity` where `after` is none of them */
  list(webhook: Place, page: DeliveryPage): Promise<readonly Delivery[]>;
  /** How many there are in each state. */
  count(webhook: Place): Promise<Readonly<Partial<Record<DeliveryState, number>>>>;
  attempts(tenant: TenantId, id: string): Promise<readonly DeliveryAttempt[]>;
  /** Those whose time has come, the oldest first. */
  listDue(now: number, limit: number): Promise<readonly Delivery[]>;
  /**
   * When to look at it again, unless it waits no more or in another run, or somebody wants it tried since.
   * @param delivery as it was found due. @param isTold whether its workflow knows of what was wanted until then
   */
  postpone(
    delivery: Pick<Delivery, 'tenantId' | 'id' | 'run'> & { readonly hurriedAt?: number | undefined },
    dueAt: number,
    isTold: boolean,
  ): Promise<void>;
  /** Has one that waits tried now. @returns whether that is new: it waits, and nobody has wanted it just before */
  hurry(delivery: Pick<Delivery, 'tenantId' | 'id' | 'run'>, now: number): Promise<boolean>;
  /** Whether something of the same key that happened earlier has not ended. */
  hasEarlier(delivery: Delivery): Promise<boolean>;
  /** Of those of its key that have not ended, what happened first: itself where nothing is before it. */
  firstInOrder(delivery: Delivery): Promise<Delivery | undefined>;
  /** Makes the next of the same key due. */
  release(delivery: Delivery, now: number): Promise<void>;
  /** Notes a try before it is made. @returns its number */
  beginAttempt(delivery: Delivery, now: number, exchange: Exchange): Promise<number>;
  /** Notes what came of it. */
  endAttempt(delivery: Delivery, attempt: Omit<DeliveryAttempt, 'at'>): Promise<void>;
  /** Ends this run, unless it waits no more. @returns whether it did */
  end(
    delivery: Pick<Delivery, 'tenantId' | 'id' | 'run'>,
    end: { readonly state: Exclude<DeliveryState, 'waiting'>; readonly reason: string },
    now: number,
  ): Promise<boolean>;
  /** Holds what waits for an endpoint. */
  hold(webhook: Place): Promise<void>;
  /** Lets what is held wait again, each in a run of its own. @returns how many */
  resume(webhook: Place, now: number): Promise<number>;
  /** Begins one that has ended anew. @param isHeld where its endpoint does not run. @returns whether it had */
  repeat(delivery: Delivery, now: number, isHeld: boolean): Promise<boolean>;
  /** Those that have been kept for long enough. */
  listExpired(now: number, limit: number): Promise<readonly Delivery[]>;
  /** With their tries. @returns how many there were */
  remove(deliveries: readonly Pick<Delivery, 'tenantId' | 'id'>[]): Promise<number>;
}
