/** Identifiers in rows: whoever has one has it alone in the pool, whatever its type. */
import type { Knex } from 'knex';
import { insertUnlessTaken } from '../db/columns.ts';
import { userId, type PoolId, type TenantId, type UserId } from '../kernel/ids.ts';
import type { IdentifierStore, IdentifierType } from './identifier.ts';

interface IdentifierRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly normalized: string;
  readonly type: IdentifierType;
  readonly value: string;
}

export function createIdentifierStore(executor: Knex): IdentifierStore {
  const rows = () => executor<IdentifierRow>('identifiers');
  const ofUser = (tenant: TenantId, pool: PoolId, user: UserId) =>
    rows().where({ tenant_id: tenant, pool_id: pool, user_id: user });

  return {
    async findUser(tenant, pool, normalized) {
      const row = await rows().where({ tenant_id: tenant, pool_id: pool, normalized }).first('user_id', 'normalized');
      // MySQL ignores trailing blanks when it compares; an identifier is this text and no other.
      return row?.normalized === normalized ? userId(row.user_id) : undefined;
    },

    async listOf(tenant, pool, user) {
      // Sorted here: asked to sort, SQLite walks the whole pool in the order of its key.
      const found = await ofUser(tenant, pool, user).select('type', 'value', 'normalized');
      return found
        .map(({ type, value, normalized }) => ({ type, value, normalized }))
        .toSorted((one, other) => (one.normalized < other.normalized ? -1 : 1));
    },

    async insert(tenant, pool, user, { type, value, normalized }) {
      await insertUnlessTaken(
        rows().insert({ tenant_id: tenant, pool_id: pool, user_id: user, normalized, type, value }),
        'A person with this identifier',
      );
    },

    async remove(tenant, pool, user, normalized) {
      await ofUser(tenant, pool, user).where({ normalized }).delete();
    },

    listAll: (tenant, pool) =>
      rows().where({ tenant_id: tenant, pool_id: pool }).orderBy('normalized').select('type', 'value', 'normalized'),

    async rename(tenant, pool, from, to) {
      await insertUnlessTaken(
        rows().where({ tenant_id: tenant, pool_id: pool, normalized: from }).update({ normalized: to }),
        'A person with this identifier',
      );
    },
  };
}
