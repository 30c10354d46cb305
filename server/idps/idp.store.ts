/** Idps in rows, in the order they were added. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toBoolean, toJson } from '../db/columns.ts';
import type { BooleanColumn } from '../db/columns.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId, customAppId, idpId, poolId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { IdpId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Idp, IdpStore } from './idp.ts';

interface IdpRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly position: number;
  readonly name: string;
  readonly enabled: BooleanColumn;
  readonly hidden: BooleanColumn;
  readonly display_order: number | null;
  readonly logo_uri: string | null;
  readonly method: Idp['method'];
  readonly pool_id: string | null;
  readonly static_users: string | null;
  readonly post_authn_app_id: string | null;
  readonly login_url: string | null;
  readonly client_id: string | null;
}

function toIdp(row: IdpRow): Idp {
  const base = {
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: idpId(row.id),
    name: row.name,
    enabled: toBoolean(row.enabled),
    ...(toBoolean(row.hidden) ? { hidden: true as const } : {}),
    ...(row.display_order === null ? {} : { displayOrder: row.display_order }),
    ...(row.logo_uri === null ? {} : { logoUri: row.logo_uri }),
    ...(row.post_authn_app_id === null ? {} : { postAuthnAppId: customAppId(row.post_authn_app_id) }),
  };
  switch (row.method) {
    case 'identity_pool':
      return { ...base, method: row.method, poolId: poolId(row.pool_id ?? '') };
    case 'static':
      return { ...base, method: row.method, users: fromJson(row.static_users ?? '[]') };
    case 'custom':
      return { ...base, method: row.method, loginUrl: row.login_url ?? '', clientId: clientId(row.client_id ?? '') };
  }
}

function changeable(idp: Idp): Omit<IdpRow, 'tenant_id' | 'workspace_id' | 'id' | 'position'> {
  return {
    name: idp.name,
    enabled: idp.enabled,
    hidden: idp.hidden ?? false,
    display_order: idp.displayOrder ?? null,
    logo_uri: idp.logoUri ?? null,
    method: idp.method,
    pool_id: idp.method === 'identity_pool' ? idp.poolId : null,
    static_users: idp.method === 'static' ? toJson(idp.users) : null,
    post_authn_app_id: idp.postAuthnAppId ?? null,
    login_url: idp.method === 'custom' ? idp.loginUrl : null,
    client_id: idp.method === 'custom' ? idp.clientId : null,
  };
}

export function createIdpStore(executor: Knex): IdpStore {
  const rows = (tenant: TenantId, workspace: WorkspaceId) =>
    executor<IdpRow>('idps').where({ tenant_id: tenant, workspace_id: workspace });
  // MySQL ignores trailing blanks when it compares; an id is this text and no other.
  const named = (row: IdpRow | undefined, tenant: TenantId, workspace: WorkspaceId, id: IdpId) =>
    row?.id === id && row.workspace_id === workspace && row.tenant_id === tenant ? toIdp(row) : undefined;

  return {
    find: async (tenant, workspace, id) =>
      named(await rows(tenant, workspace).where({ id }).first(), tenant, workspace, id),

    findHeld: async (tenant, workspace, id) =>
      named(await rows(tenant, workspace).where({ id }).forUpdate().first(), tenant, workspace, id),

    async list(tenant, workspace) {
      const found = await rows(tenant, workspace).select().orderBy(['position', 'id']);
      return found.map(toIdp);
    },

    async listOfPool(tenant, pool) {
      const found = await executor<IdpRow>('idps')
        .where({ tenant_id: tenant, pool_id: pool })
        .select()
        .orderBy(['workspace_id', 'id']);
      return found.map(toIdp);
    },

    async insert(idp) {
      // Two at once may get the same place; then their ids decide.
      const last = await rows(idp.tenantId, idp.workspaceId).orderBy('position', 'desc').first('position');
      await insertUnlessTaken(
        executor<IdpRow>('idps').insert({
          tenant_id: idp.tenantId,
          workspace_id: idp.workspaceId,
          id: idp.id,
          position: (last?.position ?? 0) + 1,
          ...changeable(idp),
        }),
        'An idp with this id',
      );
    },

    async update(idp) {
      const changed = await rows(idp.tenantId, idp.workspaceId).where({ id: idp.id }).update(changeable(idp));
      if (changed === 0) throw new PlatformError('not_found', 'There is no such idp.');
    },

    async remove(tenant, workspace, id) {
      await rows(tenant, workspace).where({ id }).delete();
    },
  };
}
