/** Finding people by the beginning of what they are called, where a page of them is asked for. */
import type { Knex } from 'knex';
import type { PoolId, TenantId } from '../kernel/ids.ts';
import type { UserQuery } from './user.ts';

interface KeyRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly normalized: string;
}

/** More than these are so many that pages fill quickest by walking the people themselves. */
const few = 1000;

/** Nothing sorts behind it, in any of the databases. */
const last = '\u{10FFFF}';

/**
 * Adds to a query for users of a pool that one of their names begins with the key. What is wanted of few people is found
 * from their names, what is wanted of many from the people, in their order: both are as fast among a million.
 */
export async function withKey(
  executor: Knex,
  users: Knex.QueryBuilder,
  {
    tenant,
    pool,
    key,
  }: { readonly tenant: TenantId; readonly pool: PoolId; readonly key: NonNullable<UserQuery['key']> },
): Promise<void> {
  const named = [
    ['identifiers', key.identifier],
    ['verifiable_addresses', key.address],
  ] as const;
  const ids = new Set<string>();
  for (const [table, prefix] of named) {
    const found = await executor<KeyRow>(table)
      .where({ tenant_id: tenant, pool_id: pool })
      .whereBetween('normalized', [prefix, prefix + last])
      .limit(few)
      .select('user_id');
    for (const { user_id: id } of found) ids.add(id);
  }
  const hasId = [key.id, key.id + last] as const;
  void users.where((any) => {
    void any.whereBetween('id', hasId);
    if (ids.size < few) {
      void any.orWhereIn('id', [...ids]);
      return;
    }
    for (const [table, prefix] of named) {
      void any.orWhereExists(
        executor(table)
          .where({ tenant_id: tenant, pool_id: pool })
          .whereRaw('?? = ??', [`${table}.user_id`, 'users.id'])
          .whereBetween('normalized', [prefix, prefix + last])
          .select(executor.raw('1')),
      );
    }
  });
}
