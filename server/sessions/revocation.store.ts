/** Revocations in rows; of whom is a hash. */
import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import { toOptionalTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { RevocationStore } from './revocation.ts';

interface RevocationRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly subject_hash: string;
  readonly not_before: TimeColumn;
  readonly expires_at: TimeColumn;
}

const table = 'subject_revocations';
const key = ['tenant_id', 'workspace_id', 'subject_hash'] as const;

export interface SweepableRevocationStore extends RevocationStore {
  /** Removes up to `limit` that no login can be from before. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

export function createRevocationStore(executor: Knex): SweepableRevocationStore {
  const rows = () => executor<RevocationRow>(table);
  const keyOf = (tenant: TenantId, workspace: WorkspaceId, subject: string) => ({
    tenant_id: tenant,
    workspace_id: workspace,
    subject_hash: hash('sha256', subject, 'base64url'),
  });

  return {
    async notBefore(tenant, workspace, subject) {
      const query = rows().where(keyOf(tenant, workspace, subject));
      const row = await (executor.isTransaction === true ? query.forShare() : query).first('not_before');
      return toOptionalTime(row?.not_before ?? null);
    },

    async revoke(tenant, workspace, subject, at, until) {
      await rows()
        .insert({ ...keyOf(tenant, workspace, subject), not_before: at, expires_at: until })
        .onConflict([...key])
        .merge(['not_before', 'expires_at']);
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(executor, { table, key: [...key], column: 'expires_at' }, now, limit),
  };
}
