/** People in rows. What a person is called by, and their credentials, go with them. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toJson, toTime, type TimeColumn } from '../db/columns.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError } from '../kernel/errors.ts';
import { poolId, schemaId, tenantId, userId, type PoolId, type TenantId } from '../kernel/ids.ts';
import { idsWithKey } from './user-key.store.ts';
import { countUser } from '../pools/pool-size.store.ts';
import type { User, UserStatus, UserStore } from './user.ts';

interface UserRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly id: string;
  readonly status: UserStatus;
  readonly payload: string;
  readonly metadata: string | null;
  readonly business_metadata: string | null;
  readonly payload_schema_id: string | null;
  readonly metadata_schema_id: string | null;
  readonly business_metadata_schema_id: string | null;
  readonly status_updated_at: TimeColumn | null;
  readonly sessions_ended_at: TimeColumn | null;
  /** Left out where an administrator invited them, or has changed anything since. */
  readonly registered_at: TimeColumn | null;
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
    metadata: row.metadata === null ? {} : fromJson(row.metadata),
    businessMetadata: row.business_metadata === null ? {} : fromJson(row.business_metadata),
    schemas: {
      ...(row.payload_schema_id === null ? {} : { payload: schemaId(row.payload_schema_id) }),
      ...(row.metadata_schema_id === null ? {} : { metadata: schemaId(row.metadata_schema_id) }),
      ...(row.business_metadata_schema_id === null
        ? {}
        : { businessMetadata: schemaId(row.business_metadata_schema_id) }),
    },
    statusUpdatedAt: toTime(row.status_updated_at ?? row.created_at),
    ...(row.sessions_ended_at === null ? {} : { sessionsEndedAt: toTime(row.sessions_ended_at) }),
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  };
}

const toJsonUnlessEmpty = (members: Readonly<Record<string, unknown>>): string | null =>
  Object.keys(members).length === 0 ? null : toJson(members);

function toRow(user: User, registeredAt?: number): UserRow {
  return {
    tenant_id: user.tenantId,
    pool_id: user.poolId,
    id: user.id,
    status: user.status,
    payload: toJson(user.payload),
    metadata: toJsonUnlessEmpty(user.metadata),
    business_metadata: toJsonUnlessEmpty(user.businessMetadata),
    payload_schema_id: user.schemas.payload ?? null,
    metadata_schema_id: user.schemas.metadata ?? null,
    business_metadata_schema_id: user.schemas.businessMetadata ?? null,
    status_updated_at: user.statusUpdatedAt,
    sessions_ended_at: user.sessionsEndedAt ?? null,
    registered_at: registeredAt ?? null,
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

    async findHeld(tenant, pool, id) {
      const row = await inPool(tenant, pool).where({ id }).forUpdate().first();
      return row === undefined ? undefined : fromRow(row);
    },

    async findEach(tenant, pool, ids) {
      const found = await inPool(tenant, pool).whereIn('id', [...ids]);
      return found.map(fromRow).toSorted((one, other) => (one.id < other.id ? -1 : 1));
    },

    async list(tenant, pool, query) {
      const page = keysetPage(query);
      const wanted = inPool(tenant, pool);
      if (query.key !== undefined) {
        void wanted.whereIn('id', [...(await idsWithKey(executor, { tenant, pool }, query.key, page.step))]);
      }
      const found = await wanted.modify<UserRow, UserRow[]>(page.select, 'id');
      return { items: page.inOrder(found).map(fromRow) };
    },

    async insert(user, registeredAt) {
      await insertUnlessTaken(rows().insert(toRow(user, registeredAt)), 'A user with this id');
      await countUser(executor, user.tenantId, user.poolId, user.id, 1);
    },

    async update(user) {
      // Sessions that were ended meanwhile stay so: they are none of what is known of the person.
      const { tenant_id: _, pool_id: __, id: ___, sessions_ended_at: ____, ...words } = toRow(user);
      const found = await inPool(user.tenantId, user.poolId).where({ id: user.id }).update(words);
      if (found === 0) throw new PlatformError('not_found', 'There is no user with this id.');
    },

    async describeNew(tenant, pool, id, payload, now) {
      const described = await inPool(tenant, pool)
        .where({ id, status: 'new' })
        .whereNotNull('registered_at')
        .update({ payload: toJson(payload), registered_at: now, updated_at: now });
      return described > 0;
    },

    async keep(tenant, pool, id) {
      await inPool(tenant, pool).where({ id }).update({ registered_at: null });
    },

    async endSessions(tenant, pool, id, at) {
      await inPool(tenant, pool)
        .where({ id })
        .where((earlier) => earlier.whereNull('sessions_ended_at').orWhere('sessions_ended_at', '<', at))
        .update({ sessions_ended_at: at });
    },

    async remove(tenant, pool, id) {
      const removed = await inPool(tenant, pool).where({ id }).delete();
      if (removed > 0) await countUser(executor, tenant, pool, id, -1);
    },
  };
}
