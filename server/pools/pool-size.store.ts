/** How many people a pool has, kept as they come and go: counting a million rows takes longer than all else asked of them. */
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';

/** So that people who come at the same time do not wait for one row. */
const shards = 16;

const shardOf = (id: UserId): number => (createHash('sha256').update(id).digest()[0] ?? 0) % shards;

/** In the transaction that adds or removes the person. @param by 1 or -1 */
export async function countUser(
  executor: Knex,
  tenant: TenantId,
  pool: PoolId,
  user: UserId,
  by: number,
): Promise<void> {
  await executor('pool_user_counts')
    .insert({ tenant_id: tenant, pool_id: pool, shard: shardOf(user), users: by })
    .onConflict(['tenant_id', 'pool_id', 'shard'])
    .merge({ users: executor.raw('?? + ?', ['pool_user_counts.users', by]) });
}
