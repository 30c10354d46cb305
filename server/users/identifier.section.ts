/** What people are called by, in an exported identity configuration. */
import { z } from 'zod';
import { section, type Section } from '../configuration/section.ts';
import { PlatformError } from '../kernel/errors.ts';
import { poolId, userId, type TenantId } from '../kernel/ids.ts';
import type { PoolStore } from '../pools/pool.ts';
import { identifierFault, normalizeIdentifier, type Identifier, type IdentifierStore } from './identifier.ts';
import { needsUser, usersOf, type UserSectionStores } from './user.section.ts';

export interface IdentifierSectionStores extends UserSectionStores {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly identifiers: Pick<IdentifierStore, 'listOf' | 'findUser' | 'insert' | 'remove'>;
}

const body = z.object({
  user_pool_id: z.string().min(1).max(64),
  user_id: z.string().min(1).max(64),
  type: z.enum(['email', 'mobile', 'uid', 'external']),
  identifier: z.string().min(1).max(320),
  metadata: z.record(z.string().max(255), z.json()).optional(),
  created_at: z.iso.datetime({ offset: true }).optional(),
});
type IdentifierItem = z.infer<typeof body>;

export function identifierSection(): Section<IdentifierSectionStores> {
  /** In the form that it is stored in; undefined where its pool is not there yet. */
  const normalize = async (
    { pools }: IdentifierSectionStores,
    tenant: TenantId,
    { user_pool_id: id, type, identifier }: IdentifierItem,
  ): Promise<string | undefined> => {
    const pool = await pools.find(tenant, poolId(id));
    if (pool === undefined) return undefined;
    return normalizeIdentifier(type, identifier, { caseInsensitive: pool.identifierCaseInsensitive });
  };
  const toItem = (pool: string, user: string, { type, value, metadata, createdAt }: Identifier): IdentifierItem =>
    body.parse({
      user_pool_id: pool,
      user_id: user,
      type,
      identifier: value,
      metadata,
      created_at: createdAt === undefined ? undefined : new Date(createdAt).toISOString(),
    });

  return section({
    member: 'user_identifiers',
    body,
    holds: ['place'],
    placeMember: 'user_pool_id',
    nameOf: ({ user_pool_id: pool, identifier }) => `${pool} ${identifier.normalize('NFKC').trim()}`,
    placeOf: ({ user_pool_id: pool }) => pool,
    groupOf: ({ user_id: user }) => user,
    needs: ({ user_pool_id: pool, user_id: user }) => needsUser(pool, user),
    async *list(stores, tenant, pool) {
      if (pool === undefined) return;
      for await (const { id } of usersOf(stores, tenant, poolId(pool))) {
        for (const one of await stores.identifiers.listOf(tenant, poolId(pool), id)) yield toItem(pool, id, one);
      }
    },
    async find(stores, tenant, item) {
      const normalized = await normalize(stores, tenant, item);
      if (normalized === undefined) return undefined;
      const pool = poolId(item.user_pool_id);
      const holder = await stores.identifiers.findUser(tenant, pool, normalized);
      if (holder === undefined) return undefined;
      if (holder !== userId(item.user_id))
        throw new PlatformError('conflict', 'Somebody else in the pool is called so.');
      const own = await stores.identifiers.listOf(tenant, pool, holder);
      const found = own.find((one) => one.normalized === normalized);
      return found === undefined ? undefined : toItem(pool, holder, found);
    },
    faults({ type, identifier }) {
      const message = identifierFault(type, identifier);
      return Promise.resolve(message === undefined ? [] : [{ pointer: '/identifier', message }]);
    },
    async write(stores, tenant, item, stored) {
      const { type, identifier: value, metadata, created_at: at } = item;
      const normalized = await normalize(stores, tenant, item);
      if (normalized === undefined) throw new PlatformError('not_found', 'There is no such pool.');
      const [pool, user] = [poolId(item.user_pool_id), userId(item.user_id)];
      if (stored !== undefined) await stores.identifiers.remove(tenant, pool, user, normalized);
      await stores.identifiers.insert(tenant, pool, user, {
        type,
        value,
        normalized,
        ...(metadata === undefined ? {} : { metadata }),
        ...(at === undefined ? {} : { createdAt: Date.parse(at) }),
      });
    },
  });
}
