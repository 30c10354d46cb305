/** Events in rows, written in the transaction of the change they tell of, with one outbox row for each who wants to know. */
import type { Knex } from 'knex';
import { toJson, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DomainEvent } from '../kernel/events.ts';
import { eventId, newId } from '../kernel/ids.ts';
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
}

export interface OutboxRow {
  readonly tenant_id: string;
  readonly event_id: string;
  readonly observer: string;
  readonly attempts: number;
  readonly due_at: TimeColumn;
  readonly created_at: TimeColumn;
}

/** @param executor the transaction of the change: without one, an event might tell of what never happened */
export function createEventStore(
  executor: Knex,
  deps: { readonly clock: Clock; readonly observers: readonly ObserverSubscription[] },
): EventStore {
  return {
    async append(told) {
      const event: DomainEvent = { ...told, id: eventId(newId()), at: deps.clock.now() };
      const { tenantId, id, at } = event;
      await executor<EventRow>('audit_events').insert({
        tenant_id: tenantId,
        id,
        workspace_id: event.workspaceId ?? null,
        subject: event.subject,
        action: event.action,
        at,
        metadata: toJson(event.metadata),
        payload: toJson(event.payload),
      });
      const deliveries = deps.observers
        .filter((observer) => observer.wants(event))
        .map(({ name }) => ({
          tenant_id: tenantId,
          event_id: id,
          observer: name,
          attempts: 0,
          due_at: at,
          created_at: at,
        }));
      if (deliveries.length > 0) await executor<OutboxRow>('outbox').insert(deliveries);
      return event;
    },

    removeOlder: (before, limit) =>
      removeExpiredRows(executor, { table: 'audit_events', key: ['tenant_id', 'id'], column: 'at' }, before, limit),
  };
}
