/** Secrets in rows, sealed. */
import type { Knex } from 'knex';
import { insertUnlessTaken, toTime, type TimeColumn } from '../db/columns.ts';
import { PlatformError } from '../kernel/errors.ts';
import { secretId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Secret, SecretStore } from './secret.ts';

interface SecretRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly sealed_value: string;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
}

type Told = Omit<SecretRow, 'sealed_value'>;
const told = ['tenant_id', 'workspace_id', 'id', 'created_at', 'updated_at'] as const;

function toSecret(row: Told): Secret {
  return {
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: secretId(row.id),
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  };
}

export function createSecretStore(executor: Knex, { sealer }: { readonly sealer: Sealer }): SecretStore {
  const rows = (tenant: TenantId, workspace: WorkspaceId) =>
    executor<SecretRow>('secrets').where({ tenant_id: tenant, workspace_id: workspace });
  const contextOf = (tenant: TenantId, workspace: WorkspaceId, id: string) =>
    `secrets.value:${tenant}:${workspace}:${id}`;
  const sealed = ({ tenantId: tenant, workspaceId: workspace, id }: Secret, value: string) =>
    sealer.seal(value, contextOf(tenant, workspace, id));

  return {
    async find(tenant, workspace, id) {
      const row: Told | undefined = await rows(tenant, workspace)
        .where({ id })
        .first(...told);
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      return row?.id === id && row.workspace_id === workspace ? toSecret(row) : undefined;
    },

    async list(tenant, workspace) {
      const found: readonly Told[] = await rows(tenant, workspace)
        .select(...told)
        .orderBy('id');
      return found.map(toSecret);
    },

    async open(tenant, workspace, ids) {
      if (ids?.length === 0) return new Map();
      const wanted = rows(tenant, workspace);
      const found = await (ids === undefined ? wanted : wanted.whereIn('id', [...ids])).select('id', 'sealed_value');
      return new Map(
        found.map((row) => [secretId(row.id), sealer.open(row.sealed_value, contextOf(tenant, workspace, row.id))]),
      );
    },

    async insert(secret, value) {
      await insertUnlessTaken(
        executor<SecretRow>('secrets').insert({
          tenant_id: secret.tenantId,
          workspace_id: secret.workspaceId,
          id: secret.id,
          sealed_value: sealed(secret, value),
          created_at: secret.createdAt,
          updated_at: secret.updatedAt,
        }),
        'A secret with this id',
      );
    },

    async update(secret, value) {
      const changed = await rows(secret.tenantId, secret.workspaceId)
        .where({ id: secret.id })
        .update({ sealed_value: sealed(secret, value), updated_at: secret.updatedAt });
      if (changed === 0) throw new PlatformError('not_found', 'There is no such secret.');
    },

    async remove(tenant, workspace, id) {
      await rows(tenant, workspace).where({ id }).delete();
    },
  };
}
