/** Passwords in rows: one for each person, only ever as an argon2id hash. */
import type { Knex } from 'knex';
import { toOptionalTime, type TimeColumn } from '../../db/columns.ts';
import { credentialId, newId, userId } from '../../kernel/ids.ts';
import type { PasswordCredentialStore } from './password.ts';

interface PasswordRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly id: string;
  readonly hash: string;
  readonly version: number;
  readonly expires_at: TimeColumn | null;
}

export function createPasswordCredentialStore(executor: Knex): PasswordCredentialStore {
  const rows = () => executor<PasswordRow>('password_credentials');

  return {
    async findByUser(tenant, pool, user) {
      const row = await rows().where({ tenant_id: tenant, pool_id: pool, user_id: user }).first();
      if (row === undefined) return undefined;
      return {
        id: credentialId(row.id),
        userId: userId(row.user_id),
        hash: row.hash,
        version: row.version,
        expiresAt: toOptionalTime(row.expires_at),
      };
    },

    async put(tenant, pool, { id, userId: user, hash, version, expiresAt }) {
      const changes = { id, hash, version, expires_at: expiresAt ?? null };
      await rows()
        .insert({ tenant_id: tenant, pool_id: pool, user_id: user, ...changes })
        .onConflict(['tenant_id', 'pool_id', 'user_id'])
        .merge(changes);
    },

    async set(tenant, pool, user, hash, expiresAt) {
      const expires_at = expiresAt ?? null;
      // One statement: two changes at once raise the version twice.
      await rows()
        .insert({ tenant_id: tenant, pool_id: pool, user_id: user, id: newId(), hash, version: 1, expires_at })
        .onConflict(['tenant_id', 'pool_id', 'user_id'])
        .merge({ hash, expires_at, version: executor.raw('?? + 1', ['password_credentials.version']) });
    },
  };
}
