/** Takes from a person all that they could sign in with, whatever kind it is. */
import type { Knex } from 'knex';
import type { FormerCredentialsStore } from './former-credentials.ts';

/** @param tables of all kinds of credentials, each with a tenant, a pool and a user */
export function createFormerCredentialsStore(executor: Knex, tables: readonly string[]): FormerCredentialsStore {
  return {
    async drop(tenant, pool, user) {
      for (const table of tables)
        await executor<{ tenant_id: string; pool_id: string; user_id: string }>(table)
          .where({ tenant_id: tenant, pool_id: pool, user_id: user })
          .delete();
    },
  };
}
