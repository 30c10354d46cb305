/** Who is in which group, in an exported identity configuration. */
import { z } from 'zod';
import { section, type ImportContext, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { allOf } from '../kernel/all-pages.ts';
import { groupId, poolId, userId } from '../kernel/ids.ts';
import { needsUser } from '../users/user.section.ts';
import { groupsIn, needsGroup } from './group.section.ts';
import { mostGroupsOfUser, type GroupStore, type MembershipStore } from './group.ts';

export interface MembershipSectionStores {
  readonly groups: Pick<GroupStore, 'find' | 'listById'>;
  readonly memberships: Pick<MembershipStore, 'listUsers' | 'has' | 'insert'>;
}

const body = z.object({
  user_pool_id: z.string().min(1).max(64),
  group_id: z.string().min(1).max(64),
  user_id: z.string().min(1).max(64),
});

export function membershipSection({ clock }: { readonly clock: Clock }): Section<MembershipSectionStores> {
  /** Memberships come person by person: how many of the last one there were. */
  const counted = new WeakMap<ImportContext, { readonly user: string; readonly count: number }>();
  return section({
    member: 'group_members',
    body,
    holds: ['place'],
    placeMember: 'user_pool_id',
    nameOf: ({ user_pool_id: pool, group_id: group, user_id: user }) => `${pool} ${group} ${user}`,
    placeOf: ({ user_pool_id: pool }) => pool,
    groupOf: ({ user_id: user }) => user,
    needs: ({ user_pool_id: pool, group_id: group, user_id: user }) => [
      needsUser(pool, user),
      { ...needsGroup(pool, group), pointer: '/group_id' },
    ],
    faults({ user_id: user }, context) {
      const last = counted.get(context);
      const count = last?.user === user ? last.count + 1 : 1;
      counted.set(context, { user, count });
      const message = `is in more than ${String(mostGroupsOfUser)} groups`;
      return Promise.resolve(count > mostGroupsOfUser ? [{ pointer: '/user_id', message }] : []);
    },
    async *list(stores, tenant, pool) {
      if (pool === undefined) return;
      for await (const group of groupsIn(stores, tenant, poolId(pool))) {
        const people = allOf(
          (query) => stores.memberships.listUsers(group, false, query),
          (id) => id,
        );
        for await (const user of people) yield { user_pool_id: pool, group_id: group.id, user_id: user };
      }
    },
    async find({ groups, memberships }, tenant, item) {
      const group = await groups.find(tenant, poolId(item.user_pool_id), groupId(item.group_id));
      if (group === undefined) return undefined;
      return (await memberships.has(group, userId(item.user_id), false)) ? item : undefined;
    },
    async write({ groups, memberships }, tenant, item, stored) {
      if (stored !== undefined) return;
      const group = await groups.find(tenant, poolId(item.user_pool_id), groupId(item.group_id));
      if (group === undefined) throw new PlatformError('not_found', 'There is no such group.');
      await memberships.insert(group, userId(item.user_id), clock.now());
    },
  });
}
