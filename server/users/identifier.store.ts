/** Identifiers in rows: whoever has one has it alone in the pool, whatever its type. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toJson, toTime, type TimeColumn } from '../db/columns.ts';
import { userId, type PoolId, type TenantId, type UserId } from '../kernel/ids.ts';
import type { Identifier, IdentifierStore, IdentifierType } from './identifier.ts';

interface IdentifierRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly normalized: string;
  readonly type: IdentifierType;
  readonly value: string;
  readonly metadata: string | null;
  readonly created_at: TimeColumn | null;
}

const toIdentifier = ({ type, value, normalized, metadata, created_at: at }: IdentifierRow): Identifier => ({
  type,
  value,
  normalized,
  ...(metadata === null ? {} : { metadata: fromJson(metadata) }),
  ...(at === null ? {} : { createdAt: toTime(at) }),
});

const inOrder = (found: readonly IdentifierRow[]): readonly Identifier[] =>
  found.map(toIdentifier).toSorted((one, other) => (one.normalized < other.normalized ? -1 : 1));

export function createIdentifierStore(executor: Knex): IdentifierStore {
  const rows = () => executor<IdentifierRow>('identifiers');
  const ofUser = (tenant: TenantId, pool: PoolId, user: UserId) =>
    rows().where({ tenant_id: tenant, pool_id: pool, user_id: user });

  return {
    async findUser(tenant, pool, ...forms) {
      const found = await rows()
        .where({ tenant_id: tenant, pool_id: pool })
        .whereIn('normalized', [...forms])
        .select('user_id', 'normalized');
      // MySQL ignores trailing blanks when it compares; an identifier is this text and no other.
      const owners = new Map(found.map((row) => [row.normalized, row.user_id]));
      const form = forms.find((one) => owners.has(one));
      const owner = form === undefined ? undefined : owners.get(form);
      return owner === undefined ? undefined : userId(owner);
    },

    async listOf(tenant, pool, user) {
      // Sorted here: asked to sort, SQLite walks the whole pool in the order of its key.
      return inOrder(await ofUser(tenant, pool, user));
    },

    async listOfEach(tenant, pool, users) {
      const found = await rows()
        .where({ tenant_id: tenant, pool_id: pool })
        .whereIn('user_id', [...users]);
      const byUser = Map.groupBy(found, ({ user_id: id }) => id);
      return new Map(users.map((id) => [id, inOrder(byUser.get(id) ?? [])]));
    },

    async insert(tenant, pool, user, { type, value, normalized, metadata, createdAt }) {
      await insertUnlessTaken(
        rows().insert({
          tenant_id: tenant,
          pool_id: pool,
          user_id: user,
          normalized,
          type,
          value,
          metadata: metadata === undefined ? null : toJson(metadata),
          created_at: createdAt ?? null,
        }),
        'A person with this identifier',
      );
    },

    async remove(tenant, pool, user, normalized) {
      await ofUser(tenant, pool, user).where({ normalized }).delete();
    },

    listAll: async (tenant, pool) =>
      (await rows().where({ tenant_id: tenant, pool_id: pool }).orderBy('normalized')).map(toIdentifier),

    async rename(tenant, pool, from, to) {
      await insertUnlessTaken(
        rows().where({ tenant_id: tenant, pool_id: pool, normalized: from }).update({ normalized: to }),
        'A person with this identifier',
      );
    },
  };
}
