/** People in rows. What a person is called by, and their credentials, go with them. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toJson, toTime, type TimeColumn } from '../db/columns.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError } from '../kernel/errors.ts';
import { poolId, tenantId, userId, type PoolId, type TenantId } from '../kernel/ids.ts';
import { countUser } from '../pools/pool-size.store.ts';
import type { User, UserStatus, UserStore } from './user.ts';

interface UserRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly id: string;
  readonly status: UserStatus;
  readonly payload: string;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
}

function fromRow(row: UserRow): User {
  return {
    tenantId: tenantId(row.tenant_id),
    poolId: poolId(row.pool_id),
    id: userId(row.id),
    status: row.status,
    payload: fromJson<User['payload']>(row.payload),
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  };
}

function toRow(user: User): UserRow {
  return {
    tenant_id: user.tenantId,
    pool_id: user.poolId,
    id: user.id,
    status: user.status,
    payload: toJson(user.payload),
    created_at: user.createdAt,
    updated_at: user.updatedAt,
  };
}

export function createUserStore(executor: Knex): UserStore {
  const rows = () => executor<UserRow>('users');
  const inPool = (tenant: TenantId, pool: PoolId) => rows().where({ tenant_id: tenant, pool_id: pool });

  return {
    async find(tenant, pool, id) {
      const row = await inPool(tenant, pool).where({ id }).first();
      return row === undefined ? undefined : fromRow(row);
    },

    async list(tenant, pool, query) {
      const page = keysetPage(query);
      const found = await inPool(tenant, pool).modify<UserRow, UserRow[]>(page.select, 'id');
      return { items: page.inOrder(found).map(fromRow) };
    },

    async insert(user) {
      await insertUnlessTaken(rows().insert(toRow(user)), 'A user with this id');
      await countUser(executor, user.tenantId, user.poolId, user.id, 1);
    },

    async update(user) {
      const { status, payload, created_at, updated_at } = toRow(user);
      const found = await inPool(user.tenantId, user.poolId)
        .where({ id: user.id })
        .update({ status, payload, created_at, updated_at });
      if (found === 0) throw new PlatformError('not_found', 'There is no user with this id.');
    },

    async remove(tenant, pool, id) {
      const removed = await inPool(tenant, pool).where({ id }).delete();
      if (removed > 0) await countUser(executor, tenant, pool, id, -1);
    },
  };
}
