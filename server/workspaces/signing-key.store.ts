/** Signing keys in rows, their private members sealed. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toJson, toOptionalTime, toTime } from '../db/columns.ts';
import type { TimeColumn } from '../db/columns.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { SigningAlg, SigningKey, SigningKeyStore } from './signing-key.ts';

interface SigningKeyRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly state: SigningKey['state'];
  readonly sealed_private_jwk: string;
  readonly created_at: TimeColumn;
  readonly removable_at: TimeColumn | null;
}

function contextOf(tenant: TenantId, workspace: WorkspaceId, kid: string): string {
  return `signing-keys.private-jwk:${tenant}:${workspace}:${kid}`;
}

export function createSigningKeyStore(executor: Knex, deps: { readonly sealer: Sealer }): SigningKeyStore {
  const rows = (tenant: TenantId, workspace: WorkspaceId) =>
    executor<SigningKeyRow>('signing_keys').where({ tenant_id: tenant, workspace_id: workspace });

  const insert: SigningKeyStore['insert'] = async (tenant, workspace, key) => {
    await insertUnlessTaken(
      executor<SigningKeyRow>('signing_keys').insert({
        tenant_id: tenant,
        workspace_id: workspace,
        kid: key.kid,
        alg: key.alg,
        state: key.state,
        sealed_private_jwk: deps.sealer.seal(toJson(key.privateJwk), contextOf(tenant, workspace, key.kid)),
        created_at: key.createdAt,
        removable_at: key.removableAt ?? null,
      }),
      'A signing key with this id',
    );
  };

  return {
    async list(tenant, workspace) {
      const found = await rows(tenant, workspace)
        .select()
        .orderBy([{ column: 'state' }, { column: 'created_at', order: 'desc' }, { column: 'kid' }]);
      return found.map((row) => ({
        kid: row.kid,
        alg: row.alg,
        state: row.state,
        privateJwk: fromJson(deps.sealer.open(row.sealed_private_jwk, contextOf(tenant, workspace, row.kid))),
        createdAt: toTime(row.created_at),
        removableAt: toOptionalTime(row.removable_at),
      }));
    },

    insert,

    async replaceAll(tenant, workspace, keys) {
      await rows(tenant, workspace).delete();
      for (const key of keys) await insert(tenant, workspace, key);
    },

    async retire(tenant, workspace, kid, removableAt) {
      const changed = await rows(tenant, workspace)
        .where({ kid })
        .update({ state: 'retired', removable_at: removableAt });
      if (changed === 0) throw new PlatformError('not_found', 'There is no such signing key.');
    },

    async removeRetired(tenant, workspace, kid) {
      return (await rows(tenant, workspace).where({ kid, state: 'retired' }).delete()) > 0;
    },

    removeExpired: (tenant, workspace, now) =>
      rows(tenant, workspace).where({ state: 'retired' }).where('removable_at', '<=', now).delete(),
  };
}
