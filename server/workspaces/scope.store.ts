/** Scopes in rows. */
import type { Knex } from 'knex';
import { insertUnlessTaken, toBoolean } from '../db/columns.ts';
import type { BooleanColumn } from '../db/columns.ts';
import { PlatformError } from '../kernel/errors.ts';
import { tenantId, workspaceId } from '../kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Scope, ScopeStore } from './scope.ts';

interface ScopeRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly display_name: string;
  readonly description: string;
  readonly implicit_grant: BooleanColumn;
  readonly kind: Scope['kind'];
}

function toScope(row: ScopeRow): Scope {
  return {
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    name: row.name,
    displayName: row.display_name,
    description: row.description,
    implicitGrant: toBoolean(row.implicit_grant),
    kind: row.kind,
  };
}

export function createScopeStore(executor: Knex): ScopeStore {
  const rows = (tenant: TenantId, workspace: WorkspaceId) =>
    executor<ScopeRow>('scopes').where({ tenant_id: tenant, workspace_id: workspace });
  const words = (scope: Scope) => ({
    display_name: scope.displayName,
    description: scope.description,
    implicit_grant: scope.implicitGrant,
    kind: scope.kind,
  });

  const list: ScopeStore['list'] = async (tenant, workspace) => {
    const found = await rows(tenant, workspace).select().orderBy('name');
    return found.map(toScope);
  };

  return {
    list,
    listOwn: list,

    async find(tenant, workspace, name) {
      const row = await rows(tenant, workspace).where({ name }).first();
      // MySQL ignores trailing blanks when it compares; a scope is this text and no other.
      return row?.name === name ? toScope(row) : undefined;
    },

    async insert(scope) {
      await insertUnlessTaken(
        executor<ScopeRow>('scopes').insert({
          tenant_id: scope.tenantId,
          workspace_id: scope.workspaceId,
          name: scope.name,
          ...words(scope),
        }),
        'A scope with this name',
      );
    },

    async update(scope) {
      const changed = await rows(scope.tenantId, scope.workspaceId).where({ name: scope.name }).update(words(scope));
      if (changed === 0) throw new PlatformError('not_found', 'There is no such scope.');
    },

    async remove(tenant, workspace, name) {
      await rows(tenant, workspace).where({ name }).delete();
    },
  };
}
