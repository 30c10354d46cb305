/** Custom applications in rows. */
import type { Knex } from 'knex';
import { insertUnlessTaken } from '../db/columns.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId, customAppId, idpId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { CustomAppId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { CustomApp, CustomAppStore } from './custom-app.ts';

interface CustomAppRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly client_id: string;
}

function toCustomApp(row: CustomAppRow): CustomApp {
  return {
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: customAppId(row.id),
    name: row.name,
    url: row.url,
    clientId: clientId(row.client_id),
  };
}

const words = ({ name, url, clientId: client }: CustomApp) => ({ name, url, client_id: client });

export function createCustomAppStore(executor: Knex): CustomAppStore {
  const rows = (tenant: TenantId, workspace: WorkspaceId) =>
    executor<CustomAppRow>('custom_apps').where({ tenant_id: tenant, workspace_id: workspace });
  // MySQL ignores trailing blanks when it compares; an id is this text and no other.
  const named = (row: CustomAppRow | undefined, workspace: WorkspaceId, id: CustomAppId) =>
    row?.id === id && row.workspace_id === workspace ? toCustomApp(row) : undefined;

  return {
    find: async (tenant, workspace, id) => named(await rows(tenant, workspace).where({ id }).first(), workspace, id),

    findHeld: async (tenant, workspace, id) =>
      named(await rows(tenant, workspace).where({ id }).forUpdate().first(), workspace, id),

    async list(tenant, workspace) {
      return (await rows(tenant, workspace).select().orderBy('id')).map(toCustomApp);
    },

    async boundTo(tenant, workspace, id) {
      const bound = await executor<Record<'tenant_id' | 'workspace_id' | 'id' | 'post_authn_app_id', string>>('idps')
        .where({ tenant_id: tenant, workspace_id: workspace, post_authn_app_id: id })
        .select('id')
        .orderBy('id');
      return bound.map((row) => idpId(row.id));
    },

    async insert(app) {
      await insertUnlessTaken(
        executor<CustomAppRow>('custom_apps').insert({
          tenant_id: app.tenantId,
          workspace_id: app.workspaceId,
          id: app.id,
          ...words(app),
        }),
        'A custom application with this id',
      );
    },

    async update(app) {
      const changed = await rows(app.tenantId, app.workspaceId).where({ id: app.id }).update(words(app));
      if (changed === 0) throw new PlatformError('not_found', 'There is no such custom application.');
    },

    async remove(tenant, workspace, id) {
      await rows(tenant, workspace).where({ id }).delete();
    },
  };
}
