/** Groups of people in an exported identity configuration. */
import { z } from 'zod';
import { section, type Fault, type ImportContext, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { givenName } from '../kernel/given-name.ts';
import { givenIdPattern, groupId, poolId, type PoolId, type TenantId } from '../kernel/ids.ts';
import type { PoolStore } from '../pools/pool.ts';
import { idsAbove, mostGroups, mostLevels, type Group, type GroupStore } from './group.ts';

export interface GroupSectionStores {
  readonly pools: Pick<PoolStore, 'findHeld'>;
  readonly groups: Pick<GroupStore, 'find' | 'list' | 'listById' | 'insert' | 'update'>;
}

const members = z.object({
  id: z.string().regex(givenIdPattern, 'must be 1 to 64 of A-Z, a-z, 0-9, . _ ~ and -'),
  user_pool_id: z.string().min(1).max(64),
  name: z.string().trim().max(255).default(''),
  description: z.string().max(1024).default(''),
  path: z.string().min(1).max(600),
});
const body = members.transform((item) => ({ ...item, name: givenName(item.name, undefined, item.id) }));
type GroupItem = z.infer<typeof body>;

const toItem = (group: Group): GroupItem => ({
  id: group.id,
  user_pool_id: group.poolId,
  name: group.name,
  description: group.description,
  path: group.path,
});

/** All of a pool, in one order. */
export async function* groupsIn(
  { groups }: { readonly groups: Pick<GroupStore, 'listById'> },
  tenant: TenantId,
  pool: PoolId,
): AsyncGenerator<Group> {
  const limit = 100;
  let after: Group['id'] | undefined;
  for (;;) {
    const { items } = await groups.listById(tenant, pool, after, limit);
    yield* items;
    after = items.at(-1)?.id;
    if (items.length < limit) return;
  }
}

/** What an import brings to one pool, looked at group by group: names that are there, and how many groups there are. */
function tooMuch(named: Set<string>, { path, name }: GroupItem): readonly Fault[] {
  const place = JSON.stringify([...idsAbove({ path }), name]);
  const isTwice = named.has(place);
  named.add(place);
  return [
    ...(isTwice ? [{ pointer: '/name', message: 'is the name of another one in the same place' }] : []),
    ...(named.size > mostGroups
      ? [{ pointer: '', message: `is one of more than ${String(mostGroups)} groups of a pool` }]
      : []),
  ];
}

/** A group as another object of a dump names it. */
export const needsGroup = (user_pool_id: string, id: string) => ({ member: 'groups', item: { id, user_pool_id } });

export function groupSection({ clock }: { readonly clock: Clock }): Section<GroupSectionStores> {
  const named = new WeakMap<ImportContext, Set<string>>();
  return section({
    member: 'groups',
    body,
    holds: ['place'],
    placeMember: 'user_pool_id',
    nameOf: ({ user_pool_id: pool, id }) => `${pool} ${id}`,
    placeOf: ({ user_pool_id: pool }) => pool,
    // After their pool and before its people: what is above comes first. No id begins with a control character.
    groupOf: ({ path, id }) => `\u0001${String(idsAbove({ path }).length)} ${id}`,
    needs({ user_pool_id: pool, path }) {
      const above = idsAbove({ path });
      const parent = above.at(-1);
      if (parent === undefined) return [];
      const isRight = z.object({ path: z.literal(above.join('/')) });
      return {
        ...needsGroup(pool, parent),
        pointer: '/path',
        faultOf: (found) => (isRight.safeParse(found).success ? undefined : `says that ${parent} is where it is not`),
      };
    },
    async *list(stores, tenant, pool) {
      if (pool === undefined) return;
      for await (const group of groupsIn(stores, tenant, poolId(pool))) yield toItem(group);
    },
    async find({ groups }, tenant, item) {
      const pool = poolId(item.user_pool_id);
      const found = await groups.find(tenant, pool, groupId(item.id));
      // Where another needs it, it is asked for by its id alone.
      if (!body.safeParse(item).success) return found === undefined ? undefined : toItem(found);
      const { id, name, path } = item;
      if (found !== undefined && found.path !== path)
        throw new PlatformError('conflict', `The group is there already, at ${found.path}: move it first.`);
      const above = idsAbove(item);
      const parent = above.length === 0 ? undefined : { id: groupId(above.at(-1) ?? ''), path: above.join('/') };
      const [namesake] = (await groups.list(tenant, pool, { limit: 1, name, parent, isNested: false })).items;
      if (namesake !== undefined && namesake.id !== id)
        throw new PlatformError('conflict', `The group ${namesake.id} has this name in the same place.`);
      return found === undefined ? undefined : toItem(found);
    },
    faults(item, context) {
      const { path, id } = item;
      const parts = path.split('/');
      const isRight =
        parts.every((part) => givenIdPattern.test(part)) && parts.at(-1) === id && new Set(parts).size === parts.length;
      const message = isRight
        ? `must have at most ${String(mostLevels)} levels`
        : 'must be the ids from the top down to its own, with a slash between them';
      if (!isRight || parts.length > mostLevels) return Promise.resolve([{ pointer: '/path', message }]);
      const known = named.get(context) ?? new Set();
      named.set(context, known);
      return Promise.resolve(tooMuch(known, item));
    },
    async write({ pools, groups }, tenant, item, stored) {
      const pool = poolId(item.user_pool_id);
      // Nobody moves what is above it meanwhile.
      await pools.findHeld(tenant, pool);
      const above = idsAbove(item);
      const parent = above.at(-1);
      const isThere =
        parent === undefined || (await groups.find(tenant, pool, groupId(parent)))?.path === above.join('/');
      if (!isThere) throw new PlatformError('conflict', 'The group above it is not there any more.');
      const now = clock.now();
      const before = stored === undefined ? undefined : await groups.find(tenant, pool, groupId(item.id));
      const group: Group = {
        tenantId: tenant,
        poolId: pool,
        id: groupId(item.id),
        name: item.name,
        description: item.description,
        path: item.path,
        createdAt: before?.createdAt ?? now,
        updatedAt: now,
      };
      await (stored === undefined ? groups.insert(group) : groups.update(group));
    },
  });
}
