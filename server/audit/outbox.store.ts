/** The outbox in rows: a claim is a conditional UPDATE that counts it, so that of any number of processes one succeeds. */
import type { Knex } from 'knex';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { placesTold } from '../kernel/events.ts';
import { eventColumns, eventFrom, type EventRow, type OutboxRow } from './event.store.ts';
import type { Delivery, OutboxStore } from './event.ts';

/** After this long a delivery is given up: its observer is gone, or never able to take it. Milliseconds. */
export const deliveryLifetimeMs = 14 * 24 * 3_600_000;

type DueRow = Pick<OutboxRow, 'event_id' | 'observer' | 'attempts'> & EventRow;

export function createOutboxStore(executor: Knex): OutboxStore {
  const rows = () => executor<OutboxRow>('outbox');
  /** Every claim raises `attempts`: a row that still has ours was claimed by nobody since. */
  const asClaimed = ({ event, observer, attempts }: Delivery) =>
    rows().where({ tenant_id: event.tenantId, event_id: event.id, observer, attempts });

  return {
    async claimDue({ names, now, limit, leaseMs }) {
      const due = await executor<DueRow>('outbox')
        .join('audit_events', (on) =>
          on.on('audit_events.tenant_id', 'outbox.tenant_id').andOn('audit_events.id', 'outbox.event_id'),
        )
        .whereIn('outbox.observer', [...names])
        .where('outbox.due_at', '<=', now)
        .orderBy('outbox.due_at')
        .limit(limit)
        .select<DueRow[]>(...eventColumns, 'outbox.observer', 'outbox.attempts');
      const claimed: Delivery[] = [];
      for (const row of due) {
        const delivery = { observer: row.observer, event: eventFrom(row), attempts: row.attempts + 1 };
        const won = await asClaimed({ ...delivery, attempts: row.attempts })
          .where('due_at', '<=', now)
          .update({ attempts: delivery.attempts, due_at: now + leaseMs });
        if (won > 0) claimed.push(delivery);
      }
      return claimed;
    },

    async remove(delivery) {
      await asClaimed(delivery).delete();
    },

    async postpone(delivery, dueAt) {
      await asClaimed(delivery).update({ due_at: dueAt });
    },

    async isBehind(observer, tenant, workspace, before) {
      const row = await executor('outbox')
        .join('audit_events', (on) =>
          on.on('audit_events.tenant_id', 'outbox.tenant_id').andOn('audit_events.id', 'outbox.event_id'),
        )
        .where({ 'outbox.tenant_id': tenant, 'outbox.observer': observer })
        .where((told) => {
          for (const place of placesTold(workspace)) void told.orWhere({ 'audit_events.workspace_id': place });
        })
        .where('audit_events.at', '<', before)
        .first<object | undefined>(executor.raw('1 as found'));
      return row !== undefined;
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(
        executor,
        { table: 'outbox', key: ['tenant_id', 'event_id', 'observer'], column: 'created_at' },
        now - deliveryLifetimeMs,
        limit,
      ),
  };
}
