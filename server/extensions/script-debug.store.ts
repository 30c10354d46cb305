/** Scripts that are being debugged, in rows. */
import type { Knex } from 'knex';
import { isMissingParent, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { PlatformError } from '../kernel/errors.ts';
import { scriptId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { ScriptDebug, ScriptDebugStore } from './script-debug.ts';
import type { ScriptPlace } from './script.ts';

interface DebugRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly script_id: string;
  readonly started_at: TimeColumn;
  readonly expires_at: TimeColumn;
}

export interface SweepableScriptDebugStore extends ScriptDebugStore {
  /** Removes up to `limit` that are over. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

const table = 'script_debugs';
const key = ['tenant_id', 'workspace_id', 'script_id'] as const;

const fromRow = (row: DebugRow): ScriptDebug => ({
  tenantId: tenantId(row.tenant_id),
  workspaceId: workspaceId(row.workspace_id),
  id: scriptId(row.script_id),
  startedAt: toTime(row.started_at),
  expiresAt: toTime(row.expires_at),
});

export function createScriptDebugStore(executor: Knex): SweepableScriptDebugStore {
  const rows = () => executor<DebugRow>(table);
  const keyOf = ({ tenantId: tenant, workspaceId: workspace, id }: ScriptPlace) => ({
    tenant_id: tenant,
    workspace_id: workspace,
    script_id: id,
  });

  return {
    async find(place, now) {
      const row = await rows().where(keyOf(place)).where('expires_at', '>', now).first();
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      return row?.script_id === place.id ? fromRow(row) : undefined;
    },

    async list(tenant, workspace, now) {
      const found = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace })
        .where('expires_at', '>', now)
        .orderBy('script_id');
      return found.map(fromRow);
    },

    async put({ startedAt, expiresAt, ...place }) {
      try {
        await rows()
          .insert({ ...keyOf(place), started_at: startedAt, expires_at: expiresAt })
          .onConflict([...key])
          .merge(['started_at', 'expires_at']);
      } catch (error) {
        if (!isMissingParent(error)) throw error;
        throw new PlatformError('not_found', 'There is no such script.', { cause: error });
      }
    },

    async remove(place) {
      await rows().where(keyOf(place)).delete();
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(executor, { table, key: [...key], column: 'expires_at' }, now, limit),
  };
}
