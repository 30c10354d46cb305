/** People in an exported identity configuration. */
import { z } from 'zod';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { allOf } from '../kernel/all-pages.ts';
import { givenIdPattern, poolId, schemaId, userId, type PoolId, type TenantId } from '../kernel/ids.ts';
import { userStatuses, type User, type UserStore } from './user.ts';

export interface UserSectionStores {
  readonly users: Pick<UserStore, 'list' | 'find' | 'insert' | 'update' | 'endSessions'>;
}

const time = z.iso.datetime({ offset: true });
const id = z.string().regex(givenIdPattern, 'must be 1 to 64 of A-Z, a-z, 0-9, . _ ~ and -');

const members = z.record(z.string().max(255), z.json()).default({});

const body = z.object({
  id,
  user_pool_id: z.string().min(1).max(64),
  status: z.enum(userStatuses),
  payload: members,
  metadata: members,
  business_metadata: members,
  payload_schema_id: id.optional(),
  metadata_schema_id: id.optional(),
  business_metadata_schema_id: id.optional(),
  status_updated_at: time.optional(),
  created_at: time.optional(),
  updated_at: time.optional(),
});
type UserItem = z.infer<typeof body>;

const isoOf = (ms: number): string => new Date(ms).toISOString();

const toItem = (user: User): UserItem =>
  body.parse({
    id: user.id,
    user_pool_id: user.poolId,
    status: user.status,
    payload: user.payload,
    metadata: user.metadata,
    business_metadata: user.businessMetadata,
    payload_schema_id: user.schemas.payload,
    metadata_schema_id: user.schemas.metadata,
    business_metadata_schema_id: user.schemas.businessMetadata,
    status_updated_at: isoOf(user.statusUpdatedAt),
    created_at: isoOf(user.createdAt),
    updated_at: isoOf(user.updatedAt),
  });

/** Everybody in a pool, in one order. */
export function usersOf(
  { users }: Pick<UserSectionStores, 'users'>,
  tenant: TenantId,
  pool: PoolId,
): AsyncGenerator<User> {
  return allOf(
    (query) => users.list(tenant, pool, query),
    (user) => user.id,
  );
}

/** A person as another object of a dump names them. */
export const needsUser = (user_pool_id: string, user_id: string) => ({
  member: 'users',
  item: { id: user_id, user_pool_id },
  pointer: '/user_id',
});

export function userSection({ clock }: { readonly clock: Clock }): Section<UserSectionStores> {
  return section({
    member: 'users',
    body,
    holds: ['place'],
    placeMember: 'user_pool_id',
    nameOf: ({ user_pool_id: pool, id: user }) => `${pool} ${user}`,
    placeOf: ({ user_pool_id: pool }) => pool,
    groupOf: ({ id: user }) => user,
    async *list(stores, tenant, pool) {
      if (pool === undefined) return;
      for await (const user of usersOf(stores, tenant, poolId(pool))) yield toItem(user);
    },
    async find({ users }, tenant, { user_pool_id: pool, id: user }) {
      const found = await users.find(tenant, poolId(pool), userId(user));
      return found?.id === user ? toItem(found) : undefined;
    },
    complete(item, stored) {
      const now = isoOf(clock.now());
      const { created_at = stored?.created_at ?? now, updated_at = stored?.updated_at ?? now } = item;
      const { status_updated_at = stored?.status_updated_at ?? created_at } = item;
      return Promise.resolve({ ...item, created_at, updated_at, status_updated_at });
    },
    async write({ users }, tenant, item, stored) {
      const now = clock.now();
      const user: User = {
        tenantId: tenant,
        poolId: poolId(item.user_pool_id),
        id: userId(item.id),
        status: item.status,
        payload: item.payload,
        metadata: item.metadata,
        businessMetadata: item.business_metadata,
        schemas: {
          ...(item.payload_schema_id === undefined ? {} : { payload: schemaId(item.payload_schema_id) }),
          ...(item.metadata_schema_id === undefined ? {} : { metadata: schemaId(item.metadata_schema_id) }),
          ...(item.business_metadata_schema_id === undefined
            ? {}
            : { businessMetadata: schemaId(item.business_metadata_schema_id) }),
        },
        statusUpdatedAt: item.status_updated_at === undefined ? now : Date.parse(item.status_updated_at),
        createdAt: item.created_at === undefined ? now : Date.parse(item.created_at),
        updatedAt: item.updated_at === undefined ? now : Date.parse(item.updated_at),
      };
      await (stored === undefined ? users.insert(user) : users.update(user));
      if (stored?.status === 'active' && user.status !== 'active')
        await users.endSessions(tenant, user.poolId, user.id, now);
    },
  });
}
