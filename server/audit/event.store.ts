/** Events in rows, written in the transaction of the change they tell of, with one outbox row for each who wants to know. */
import type { Knex } from 'knex';
import { fromJson, toJson, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DomainEvent, EventMetadata, Imported } from '../kernel/events.ts';
import { eventId, newId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { EventStore, ObserverSubscription } from './event.ts';

export interface EventRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly workspace_id: string | null;
  readonly subject: string;
  readonly action: string;
  readonly at: TimeColumn;
  readonly metadata: string;
  readonly payload: string;
  readonly imported_at?: TimeColumn | null;
  readonly imported_by?: string | null;
}

/** Beside them the table has columns that are derived, to find rows by. */
export const eventColumns = [
  'audit_events.tenant_id',
  'audit_events.id',
  'audit_events.workspace_id',
  'audit_events.subject',
  'audit_events.action',
  'audit_events.at',
  'audit_events.metadata',
  'audit_events.payload',
  'audit_events.imported_at',
  'audit_events.imported_by',
] as const;

export interface OutboxRow {
  readonly tenant_id: string;
  readonly event_id: string;
  readonly observer: string;
  readonly attempts: number;
  readonly due_at: TimeColumn;
  readonly created_at: TimeColumn;
}

export function eventFrom(row: EventRow): DomainEvent {
  return {
    tenantId: tenantId(row.tenant_id),
    id: eventId(row.id),
    ...(row.workspace_id === null ? {} : { workspaceId: workspaceId(row.workspace_id) }),
    subject: row.subject,
    action: row.action,
    at: toTime(row.at),
    metadata: fromJson<DomainEvent['metadata']>(row.metadata),
    payload: fromJson<DomainEvent['payload']>(row.payload),
    ...importedIn(row),
  };
}

function importedIn({ imported_at: at = null, imported_by: by = null }: EventRow): Pick<DomainEvent, 'imported'> {
  return at === null ? {} : { imported: { at: toTime(at), by: fromJson<Imported['by']>(by ?? '{}') } };
}

/** @param executor the transaction of the change: without one, an event might tell of what never happened */
export function createEventStore(
  executor: Knex,
  deps: {
    readonly clock: Clock;
    readonly observers: readonly ObserverSubscription[];
    /** Who sent the request that the change answers; what an event says itself comes before. */
    readonly origin?: () => EventMetadata;
    /** Called when somebody is to be told, within the transaction still. */
    readonly onNoted?: () => void;
  },
): EventStore {
  return {
    async append(told) {
      const metadata = { ...deps.origin?.(), ...told.metadata };
      const event: DomainEvent = { ...told, metadata, id: eventId(newId()), at: deps.clock.now() };
      const { tenantId: tenant, id, at } = event;
      await executor<EventRow>('audit_events').insert({
        tenant_id: tenant,
        id,
        workspace_id: event.workspaceId ?? null,
        subject: event.subject,
        action: event.action,
        at,
        metadata: toJson(metadata),
        payload: toJson(event.payload),
      });
      const deliveries: OutboxRow[] = [];
      for (const { name, wants } of deps.observers) {
        const wanted = wants(event);
        if (wanted === false || (wanted !== true && !(await wanted))) continue;
        deliveries.push({
          tenant_id: tenant,
          event_id: id,
          observer: name,
          attempts: 0,
          due_at: at,
          created_at: at,
        });
      }
      if (deliveries.length === 0) return event;
      await executor<OutboxRow>('outbox').insert(deliveries);
      deps.onNoted?.();
      return event;
    },

    removeOlder: (before, limit) =>
      removeExpiredRows(executor, { table: 'audit_events', key: ['tenant_id', 'id'], column: 'at' }, before, limit),
  };
}
