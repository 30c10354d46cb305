/** Scopes in rows. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toBoolean, toJson } from '../db/columns.ts';
import type { BooleanColumn } from '../db/columns.ts';
import { PlatformError } from '../kernel/errors.ts';
import { newId, scopeId, serviceId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Scope, ScopeStore, StoredScope, WrittenScope } from './scope.ts';

interface ScopeRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly name: string;
  readonly display_name: string;
  readonly description: string;
  readonly implicit_grant: BooleanColumn;
  readonly kind: Scope['kind'];
  readonly transient: BooleanColumn;
  readonly metadata: string | null;
  readonly service_id: string | null;
}

/** With what scopes want to know of their service. */
interface ReadRow extends ScopeRow {
  readonly service_name: string | null;
  readonly custom_audience: string | null;
}

function toScope(row: ReadRow): StoredScope {
  const { service_id: service, service_name: name, custom_audience: audience } = row;
  return {
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: scopeId(row.id),
    name: row.name,
    displayName: row.display_name,
    description: row.description,
    implicitGrant: toBoolean(row.implicit_grant),
    kind: row.kind,
    transient: toBoolean(row.transient),
    metadata: row.metadata === null ? {} : fromJson<StoredScope['metadata']>(row.metadata),
    ...(service === null || name === null
      ? {}
      : { service: { id: serviceId(service), name, ...(audience === null ? {} : { customAudience: audience }) } }),
  };
}

export function createScopeStore(executor: Knex): ScopeStore {
  const rows = (tenant: TenantId, workspace: WorkspaceId) =>
    executor<ScopeRow>('scopes').where({ tenant_id: tenant, workspace_id: workspace });
  const read = (where: Readonly<Record<string, string>>) =>
    executor('scopes')
      .leftJoin('services', (join) => {
        void join
          .on('services.tenant_id', 'scopes.tenant_id')
          .andOn('services.workspace_id', 'scopes.workspace_id')
          .andOn('services.id', 'scopes.service_id');
      })
      .where(Object.fromEntries(Object.entries(where).map(([column, value]) => [`scopes.${column}`, value])))
      .select<ReadRow[]>('scopes.*', 'services.name as service_name', 'services.custom_audience');
  const words = (scope: WrittenScope) => ({
    display_name: scope.displayName,
    description: scope.description,
    implicit_grant: scope.implicitGrant,
    kind: scope.kind,
    transient: scope.transient ?? false,
    metadata: scope.metadata === undefined || Object.keys(scope.metadata).length === 0 ? null : toJson(scope.metadata),
    service_id: scope.serviceId ?? null,
  });
  const taken = 'A scope with this name or id';

  const list = async (tenant: TenantId, workspace: WorkspaceId): Promise<readonly StoredScope[]> =>
    (await read({ tenant_id: tenant, workspace_id: workspace }).orderBy('scopes.name')).map(toScope);

  return {
    list,
    listOwn: list,

    async find(tenant, workspace, name) {
      const [row] = await read({ tenant_id: tenant, workspace_id: workspace, name });
      // MySQL ignores trailing blanks when it compares; a scope is this text and no other.
      return row?.name === name ? toScope(row) : undefined;
    },

    async findById(tenant, id) {
      const [row] = await read({ tenant_id: tenant, id });
      return row?.id === id ? toScope(row) : undefined;
    },

    async findHeld(tenant, id) {
      const [row] = await read({ tenant_id: tenant, id }).forUpdate();
      return row?.id === id ? toScope(row) : undefined;
    },

    async insert(scope) {
      await insertUnlessTaken(
        executor<ScopeRow>('scopes').insert({
          tenant_id: scope.tenantId,
          workspace_id: scope.workspaceId,
          id: scope.id ?? newId(),
          name: scope.name,
          ...words(scope),
        }),
        taken,
      );
    },

    async update(scope) {
      const { tenantId: tenant, workspaceId: workspace, id, name } = scope;
      let changed = 0;
      await insertUnlessTaken(
        rows(tenant, workspace)
          .where({ name })
          .update({ ...words(scope), ...(id === undefined ? {} : { id }) })
          .then((count) => {
            changed = count;
          }),
        taken,
      );
      if (changed === 0) throw new PlatformError('not_found', 'There is no such scope.');
    },

    async remove(tenant, workspace, name) {
      await rows(tenant, workspace).where({ name }).delete();
    },
  };
}
