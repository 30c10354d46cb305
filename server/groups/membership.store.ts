/** Who is in which group, in rows. */
import type { Knex } from 'knex';
import { isMissingParent, isUniqueViolation } from '../db/columns.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { groupId, userId, type UserId } from '../kernel/ids.ts';
import type { PageQuery } from '../kernel/pagination.ts';
import { pathsBelow } from './group.store.ts';
import { mostGroupsOfUser, type Group, type MembershipStore } from './group.ts';

interface MemberRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly group_id: string;
  readonly user_id: string;
  readonly created_at: number;
}

const table = 'user_group_members';

/** More than these are so many that pages fill quickest by walking the people of the pool. */
const few = 1000;

export function createMembershipStore(executor: Knex): MembershipStore {
  const rows = () => executor<MemberRow>(table);
  const one = (group: Group, user: UserId) =>
    rows().where({ tenant_id: group.tenantId, pool_id: group.poolId, group_id: group.id, user_id: user });
  const inPool = ({ tenantId, poolId }: Group) => ({ tenant_id: tenantId, pool_id: poolId });

  /** Its id and those of all below it: no more than a pool has groups. */
  const idsFrom = async (group: Group): Promise<readonly string[]> => {
    const [from, to] = pathsBelow(group);
    const below = await executor<{ tenant_id: string; pool_id: string; id: string; path: string }>('user_groups')
      .where(inPool(group))
      .where('path', '>', from)
      .where('path', '<', to)
      .select('id');
    return [group.id, ...below.map(({ id }) => id)];
  };

  /** Each person once, however many of the groups they are in. */
  const nested = async (group: Group, query: PageQuery): Promise<readonly string[]> => {
    const ids = await idsFrom(group);
    const found = new Set<string>();
    for (let at = 0; at < ids.length && found.size < few; at += 100) {
      const some = await rows()
        .where(inPool(group))
        .whereIn('group_id', ids.slice(at, at + 100))
        .limit(few)
        .select('user_id');
      for (const row of some) found.add(row.user_id);
    }
    const { after, before, limit } = query;
    if (found.size < few) {
      const all = [...found].toSorted((left, right) => (left < right ? -1 : 1));
      if (before !== undefined) return all.filter((id) => id < before).slice(-limit);
      return all.filter((id) => after === undefined || id > after).slice(0, limit);
    }
    const page = keysetPage(query);
    const [from, to] = pathsBelow(group);
    const walked = await executor<{ tenant_id: string; pool_id: string; id: string }>('users')
      .where(inPool(group))
      .whereExists(
        executor(`${table} as m`)
          .join('user_groups as g', (on) => {
            on.on('g.tenant_id', 'm.tenant_id').on('g.pool_id', 'm.pool_id').on('g.id', 'm.group_id');
          })
          .where({ 'm.tenant_id': group.tenantId, 'm.pool_id': group.poolId })
          .whereRaw('?? = ??', ['m.user_id', 'users.id'])
          .where((any) => {
            void any
              .where('g.id', group.id)
              .orWhere((below) => void below.where('g.path', '>', from).where('g.path', '<', to));
          })
          .select(executor.raw('1')),
      )
      .modify<{ id: string }, { id: string }[]>(page.select, 'id')
      .select('id');
    return page.inOrder(walked).map(({ id }) => id);
  };

  const groupsOf: MembershipStore['groupsOf'] = async (tenant, pool, user) => {
    const found = await rows()
      .where({ tenant_id: tenant, pool_id: pool, user_id: user })
      .orderBy('group_id')
      .limit(mostGroupsOfUser)
      .select('group_id', 'user_id');
    // MySQL ignores trailing blanks when it compares; an id is this text and no other.
    return found.filter(({ user_id: id }) => id === user).map(({ group_id: id }) => groupId(id));
  };

  const isIn = async (group: Group, user: UserId) => (await one(group, user).first('user_id'))?.user_id === user;

  return {
    async listUsers(group, isNested, { limit, ...cursor }) {
      const query: PageQuery = { ...cursor, order: 'asc', limit: Math.min(Math.max(Math.trunc(limit), 1), 100) };
      if (isNested) return { items: (await nested(group, query)).map(userId) };
      const page = keysetPage(query);
      const found = await rows()
        .where({ ...inPool(group), group_id: group.id })
        .modify<MemberRow, Pick<MemberRow, 'user_id'>[]>(page.select, 'user_id')
        .select('user_id');
      return { items: page.inOrder(found).map(({ user_id: id }) => userId(id)) };
    },

    groupsOf,

    async has(group, user, isNested) {
      if (await isIn(group, user)) return true;
      if (!isNested) return false;
      const own = await groupsOf(group.tenantId, group.poolId, user);
      const below = new Set(own.length === 0 ? [] : await idsFrom(group));
      return own.some((id) => below.has(id));
    },

    async insert(group, user, now) {
      if (await isIn(group, user)) return false;
      const own = await groupsOf(group.tenantId, group.poolId, user);
      if (own.length >= mostGroupsOfUser)
        throw unprocessable('', `A person is in at most ${String(mostGroupsOfUser)} groups.`);
      try {
        await rows().insert({ ...inPool(group), group_id: group.id, user_id: user, created_at: now });
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        if (!isMissingParent(error)) throw error;
        throw new PlatformError('not_found', 'There is no such person, or no such group.', { cause: error });
      }
    },

    remove: async (group, user) => (await isIn(group, user)) && (await one(group, user).delete()) > 0,
  };
}
