/** Events that happened elsewhere, kept as they were told there. */
import type { Knex } from 'knex';
import { insertUnlessTaken, toJson } from '../db/columns.ts';
import { eventColumns, eventFrom, type EventRow } from './event.store.ts';
import type { EventArchive } from './event.ts';

export function createEventArchive(executor: Knex): EventArchive {
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
      await insertUnlessTaken(
        rows().insert({ ...row, metadata: toJson(metadata), payload: toJson(payload) }),
        'An event with this id',
      );
    },
  };
}
