/** Removal across rooms, table by table. A test holds this list to the schema: no table with a tenant is forgotten. */
import type { Knex } from 'knex';
import type { TimeColumn } from '../db/columns.ts';
import { deleteSome } from '../db/delete-some.ts';
import type { HoldingsStore } from './holdings.ts';

/** Rows that carry a workspace. Those that belong to others come before them. */
export const workspaceTables = [
  'proofs',
  'handoffs',
  'interactions',
  'authentication_snapshots',
  'consents',
  'subject_revocations',
  'oidc_artifacts',
  'role_grants',
  'clients',
  'idps',
  'custom_apps',
  'server_consents',
  'script_execution_points',
  'script_debugs',
  'approval_decisions',
  'approvals',
  'script_run_answers',
  'script_runs',
  'script_values',
  'script_versions',
  'scripts',
  'secrets',
  'scopes',
  'services',
  'claims',
  'signing_keys',
] as const;

/** Rows that carry a tenant alone, or whose workspace is only told; those of kinds of credentials come before them. */
export const tenantTables = [
  'outbox',
  'audit_events',
  'throttles',
  'messages',
  'codes',
  'user_group_members',
  'user_groups',
  'identifiers',
  'verifiable_addresses',
  'users',
  'user_stretches',
  'pool_user_counts',
  'pools',
  'json_schemas',
  'data_keys',
  'workspaces',
] as const;

/** @param ofKinds every table of kinds of credentials, each with a tenant (`holdingsOf`) */
export function createHoldingsStore(executor: Knex, ofKinds: readonly string[]): HoldingsStore {
  const of = (table: string, tenant: string) =>
    executor<{ tenant_id: string; workspace_id: string | null; id: string }>(table).where({ tenant_id: tenant });

  return {
    async removeWorkspace(tenant, workspace) {
      // People are not lost with what they signed in to: their pool is the tenant's from then on.
      await of('pools', tenant).where({ workspace_id: workspace }).update({ workspace_id: null });
      for (const table of workspaceTables) await of(table, tenant).where({ workspace_id: workspace }).delete();
      await of('workspaces', tenant).where({ id: workspace }).delete();
    },

    async closeTenant(tenant) {
      for (const table of ['role_grants', 'clients', 'idps', 'signing_keys']) await of(table, tenant).delete();
    },

    async removeSome(limit, tenant) {
      const tenants = () =>
        executor<{ id: string; removed_at: TimeColumn | null }>('tenants').whereNotNull('removed_at');
      const marked = await tenants()
        .where(tenant === undefined ? {} : { id: tenant })
        .orderBy('removed_at')
        .first('id');
      if (marked === undefined) return 0;
      let left = limit;
      for (const table of [...workspaceTables, ...ofKinds, ...tenantTables]) {
        left -= await deleteSome(executor, table, { tenant_id: marked.id }, left);
        if (left === 0) return limit;
      }
      await tenants().where({ id: marked.id }).delete();
      return limit - left;
    },
  };
}
