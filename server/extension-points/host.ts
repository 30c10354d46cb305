/** What core lends a plugin while it runs: its rows, its secrets, the one way out, and the events it tells of. */
import type { Database } from '../db/knex.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DomainEvent, Outbox } from '../kernel/events.ts';
import type { EventId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { GuardedFetch } from '../net/guarded-fetch.ts';

/** One per plugin and process. A plugin is trusted code of the operator's: this keeps its things apart, not it in. */
export interface PluginHost {
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Under keys of the plugin's own: nothing that another one sealed opens. */
  readonly sealer: Sealer;
  /** For its stores, outside of any transaction. It touches its own tables, and those alone. */
  readonly database: Database;
  /**
   * Writes rows, and events of their change, together or not at all. `work` may run up to five times.
   * @throws PlatformError `unavailable` when others hold the locks it needs all the time
   */
  transaction<T>(work: (own: PluginTransaction) => Promise<T>): Promise<T>;
  /** Never reaches a private address; waits 15 s at most, and reads 16 KiB at most of what is answered. */
  readonly fetch: GuardedFetch;
  /** The same, that takes any certificate: for receivers of developers. */
  readonly fetchUnverified: GuardedFetch;
  readonly events: {
    /** `{subject} {action}` of all that core and the plugins of this deployment publish. */
    readonly names: readonly string[];
    find(tenant: TenantId, id: EventId): Promise<DomainEvent | undefined>;
    /** As the published APIs show it. JSON. */
    toBody(event: DomainEvent): Readonly<Record<string, unknown>>;
    /**
     * Whether an observer of this plugin is still to be told of what happened earlier in this workspace.
     * @param before milliseconds since the epoch
     */
    isBehind(observer: string, place: EventPlace, before: number): Promise<boolean>;
  };
  /** Has the deliveries that are due looked for now, where this process starts any; elsewhere it takes seconds. */
  beginDeliveries(): void;
  /** Makes the history of a delivery unreadable for good: for rows that are removed. */
  forgetDelivery(tenant: TenantId, deliveryId: string): Promise<void>;
}

export interface PluginTransaction {
  readonly database: Database;
  readonly outbox: Outbox;
}

export interface EventPlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
}
