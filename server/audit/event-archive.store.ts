/** Events that happened elsewhere, kept as they were told there, and marked with who brought them. */
import type { Knex } from 'knex';
import { insertUnlessTaken, toJson } from '../db/columns.ts';
import { eventColumns, eventFrom, type EventRow } from './event.store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { EventMetadata } from '../kernel/events.ts';
import type { EventArchive } from './event.ts';

export function createEventArchive(
  executor: Knex,
  { clock, origin }: { readonly clock: Clock; readonly origin: () => EventMetadata },
): EventArchive {
  const rows = () => executor<EventRow>('audit_events');
  return {
    async find(tenant, id) {
      const row = await rows()
        .where({ tenant_id: tenant, id })
        .first<EventRow | undefined>(...eventColumns);
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      return row?.id === id ? eventFrom(row) : undefined;
    },

    async insert({ tenantId, workspaceId, id, subject, action, at, metadata, payload }) {
      const row = { tenant_id: tenantId, workspace_id: workspaceId ?? null, id, subject, action, at };
      const { client_id, subject: importer, trace_id } = origin();
      const by = { client_id, subject: importer, trace_id };
      const imported = { imported_at: clock.now(), imported_by: toJson(by) };
      await insertUnlessTaken(
        rows().insert({ ...row, metadata: toJson(metadata), payload: toJson(payload), ...imported }),
        'An event with this id',
      );
    },
  };
}
