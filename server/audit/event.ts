/** Who hears of events, and what is still to be delivered to them. */
import type { DomainEvent, Outbox } from '../kernel/events.ts';
import type { EventId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

/** What the writer of an event needs to know: whom to note it down for. */
export interface ObserverSubscription {
  /** Unique, and the same in every process and release: rows wait under this name. At most 128 characters. */
  readonly name: string;
  /** Asked in the transaction that writes the event: quick, and without effect. */
  wants(event: DomainEvent): boolean | Promise<boolean>;
}

export interface AuditObserver extends ObserverSubscription {
  /** Decides from the event alone. */
  wants(event: DomainEvent): boolean;
  /**
   * Told at least once, in no particular order. Idempotent; a rejection is tried again, later and later.
   * @param signal aborted when time is up: somebody else may be told the same event from then on
   */
  handle(event: DomainEvent, signal: AbortSignal): Promise<void>;
}

/** Events are read back for delivery only; nothing changes them, and nothing but their age removes them. */
export interface EventStore extends Outbox {
  /**
   * Removes up to `limit` events that happened before `before`, with what is still to be delivered of them.
   * @param before milliseconds since the epoch
   * @returns how many
   */
  removeOlder(before: number, limit: number): Promise<number>;
}

/** What is published to be asked of an event's metadata, by equality. */
export const searchedMembers = [
  'client_id',
  'subject',
  'ip',
  'session_id',
  'authorization_correlation_id',
  'idp_subject',
  'idp_id',
  'user_pool_id',
  'user_id',
  'idp_method',
  'organization_id',
  'affected_user_pool_id',
  'affected_user_id',
  'group_id',
] as const;
export type SearchedMember = (typeof searchedMembers)[number];

export interface EventQuery extends PageQuery {
  readonly metadata: Readonly<Partial<Record<SearchedMember, string>>>;
  /** One of them, where there are any. */
  readonly subjects: readonly string[];
  readonly actions: readonly string[];
  /** Milliseconds since the epoch; later than this, and earlier than that. */
  readonly from?: number;
  readonly to?: number;
}

/** What happened, to be read by those who may. */
export interface EventLog {
  find(tenant: TenantId, id: EventId): Promise<DomainEvent | undefined>;
  /**
   * Events of any of these places by their time; `null` is what belongs to a tenant as a whole.
   * @throws PlatformError `unprocessable_entity` where the page would take looking through too many events
   */
  list(tenant: TenantId, places: readonly (WorkspaceId | null)[], query: EventQuery): Promise<Page<DomainEvent>>;
}

/** Events that happened elsewhere: kept as they are, marked as imported, and told to no observer. */
export interface EventArchive {
  find(tenant: TenantId, id: EventId): Promise<DomainEvent | undefined>;
  /** @throws PlatformError `conflict` for an id that is there */
  insert(event: DomainEvent): Promise<void>;
}

/** One event for one observer, held by whoever claimed it until its lease ends. */
export interface Delivery {
  readonly observer: string;
  readonly event: DomainEvent;
  /** Claims so far, this one included. Proves that the claim is still ours. */
  readonly attempts: number;
}

export interface OutboxStore {
  /**
   * Claims deliveries that are due, oldest first. Of several processes exactly one gets each.
   * @param claim names: observers this process has; leaseMs: how long the claim holds
   */
  claimDue(claim: {
    readonly names: readonly string[];
    readonly now: number;
    readonly limit: number;
    readonly leaseMs: number;
  }): Promise<readonly Delivery[]>;
  /** Done. Does nothing when the claim was lost. */
  remove(delivery: Delivery): Promise<void>;
  /** To be tried again. Does nothing when the claim was lost. @param dueAt milliseconds since the epoch */
  postpone(delivery: Delivery, dueAt: number): Promise<void>;
  /**
   * Whether this observer is still to be told of anything that happened before `before` in this workspace.
   * @param before milliseconds since the epoch
   */
  isBehind(observer: string, tenant: TenantId, workspace: WorkspaceId, before: number): Promise<boolean>;
  /** Gives up up to `limit` deliveries nobody took for two weeks; their events stay. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}
