/** Consent pages of workspaces in rows: one of each at most. */
import type { Knex } from 'knex';
import { insertUnlessTaken } from '../db/columns.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId, tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { ServerConsentStore } from './server-consent.ts';

interface ServerConsentRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly url: string;
  readonly client_id: string;
}

export function createServerConsentStore(executor: Knex): ServerConsentStore {
  const rows = () => executor<ServerConsentRow>('server_consents');
  const one = (tenant: TenantId, workspace: WorkspaceId) =>
    rows().where({ tenant_id: tenant, workspace_id: workspace });

  return {
    async find(tenant, workspace) {
      const row = await one(tenant, workspace).first();
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      if (row?.workspace_id !== workspace) return undefined;
      return {
        tenantId: tenantId(row.tenant_id),
        workspaceId: workspaceId(row.workspace_id),
        url: row.url,
        clientId: clientId(row.client_id),
      };
    },

    async insert({ tenantId: tenant, workspaceId: workspace, url, clientId: client }) {
      const row = { tenant_id: tenant, workspace_id: workspace, url, client_id: client };
      await insertUnlessTaken(rows().insert(row), 'A consent page of this workspace');
    },

    async update({ tenantId: tenant, workspaceId: workspace, url, clientId: client }, before) {
      const held = await one(tenant, workspace).forUpdate().first();
      if (held?.client_id !== before)
        throw new PlatformError('conflict', 'The consent page of this workspace was changed meanwhile.');
      await one(tenant, workspace).update({ url, client_id: client });
    },

    async remove(tenant, workspace) {
      await one(tenant, workspace).delete();
    },
  };
}
