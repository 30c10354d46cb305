/** Snapshots of committed logins in rows, sealed: they hold claims about people. */
import type { Knex } from 'knex';
import { fromJson, toJson, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { AuthenticationSnapshot, AuthenticationSnapshotStore } from './session.ts';

interface SnapshotRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly grant_id: string;
  readonly sealed_payload: string;
  readonly expires_at: TimeColumn;
}

export interface SweepableAuthenticationSnapshotStore extends AuthenticationSnapshotStore {
  /** Removes up to `limit` snapshots that no token refers to any more. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

function payloadContext(tenant: TenantId, workspace: WorkspaceId, grantId: string): string {
  return `authentication_snapshots.payload:${tenant}:${workspace}:${grantId}`;
}

export function createAuthenticationSnapshotStore(
  executor: Knex,
  { sealer }: { readonly sealer: Sealer },
): SweepableAuthenticationSnapshotStore {
  const rows = () => executor<SnapshotRow>('authentication_snapshots');
  const one = (tenant: TenantId, workspace: WorkspaceId, grantId: string) =>
    rows().where({ tenant_id: tenant, workspace_id: workspace, grant_id: grantId });

  return {
    async find(tenant, workspace, grantId) {
      const row = await one(tenant, workspace, grantId).first('sealed_payload');
      if (row === undefined) return undefined;
      const opened = sealer.open(row.sealed_payload, payloadContext(tenant, workspace, grantId));
      const stored = fromJson<AuthenticationSnapshot>(opened);
      // Members that are undefined are missing in JSON; here they are back.
      return { ...stored, userId: stored.userId, acr: stored.acr };
    },

    async insert(tenant, workspace, snapshot, expiresAt) {
      const { grantId } = snapshot;
      const sealed = sealer.seal(toJson(snapshot), payloadContext(tenant, workspace, grantId));
      // Writes nothing over the row that is there. MySQL's INSERT IGNORE would also cut texts that are too long.
      await rows()
        .insert({
          tenant_id: tenant,
          workspace_id: workspace,
          grant_id: grantId,
          sealed_payload: sealed,
          expires_at: expiresAt,
        })
        .onConflict(['tenant_id', 'workspace_id', 'grant_id'])
        .merge({ grant_id: executor.ref('authentication_snapshots.grant_id') });
    },

    async removeByGrant(tenant, workspace, grantId) {
      await one(tenant, workspace, grantId).delete();
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(
        executor,
        {
          table: 'authentication_snapshots',
          key: ['tenant_id', 'workspace_id', 'grant_id'],
          column: 'expires_at',
        },
        now,
        limit,
      ),
  };
}
