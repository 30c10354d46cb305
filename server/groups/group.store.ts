/** Groups in rows, each with its path from the top: what is below one is one range of an index. */
import type { Knex } from 'knex';
import { insertUnlessTaken, toTime, type TimeColumn } from '../db/columns.ts';
import { isSqlite } from '../db/knex.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { groupId, poolId, tenantId, type PoolId, type TenantId } from '../kernel/ids.ts';
import { mostGroups, parentOf, type Group, type GroupQuery, type GroupStore } from './group.ts';

interface GroupRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly parent_id: string;
  readonly path: string;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
}

const fromRow = (row: GroupRow): Group => ({
  tenantId: tenantId(row.tenant_id),
  poolId: poolId(row.pool_id),
  id: groupId(row.id),
  name: row.name,
  description: row.description,
  path: row.path,
  createdAt: toTime(row.created_at),
  updatedAt: toTime(row.updated_at),
});

const words = (group: Group) => ({
  name: group.name,
  description: group.description,
  parent_id: parentOf(group) ?? '',
  path: group.path,
  updated_at: group.updatedAt,
});

/** Paths of what is below a group: no character of an id sorts between a slash and the `0` that follows it. */
export const pathsBelow = ({ path }: Pick<Group, 'path'>): [string, string] => [`${path}/`, `${path}0`];

const taken = 'A group with this id, or with this name in the same place,';

export function createGroupStore(executor: Knex): GroupStore {
  const rows = () => executor<GroupRow>('user_groups');
  const inPool = (tenant: TenantId, pool: PoolId) => rows().where({ tenant_id: tenant, pool_id: pool });

  /** By name and, where names are not unique, by id: in the order of an index either way. */
  async function paged(
    wanted: Knex.QueryBuilder<GroupRow, GroupRow[]>,
    { tenantId: tenant, poolId: pool, isNameUnique }: Pick<Group, 'tenantId' | 'poolId'> & { isNameUnique: boolean },
    { after, before, limit, name }: GroupQuery,
  ) {
    const cursor = before ?? after;
    const than = before === undefined ? '>' : '<';
    if (name !== undefined) void wanted.where({ name });
    if (cursor !== undefined) {
      const at = await inPool(tenant, pool).where({ id: cursor }).first('name');
      if (at === undefined) {
        const pointer = before === undefined ? '/after_group_id' : '/before_group_id';
        throw unprocessable(pointer, 'There is no such group any more: begin at the first page.');
      }
      if (isNameUnique) void wanted.where('name', than, at.name);
      else if (name === at.name) void wanted.where('id', than, cursor);
      else
        void wanted.where((beyond) => {
          void beyond
            .where('name', than, at.name)
            .orWhere((same) => void same.where('name', at.name).where('id', than, cursor));
        });
    }
    const columns = isNameUnique ? ['name'] : name === undefined ? ['name', 'id'] : ['id'];
    const found = await wanted
      .orderBy(columns.map((column) => ({ column, order: before === undefined ? 'asc' : 'desc' })))
      .limit(Math.min(Math.max(Math.trunc(limit), 1), 100));
    return { items: (before === undefined ? found : found.toReversed()).map(fromRow) };
  }

  return {
    async find(tenant, pool, id) {
      const row = await inPool(tenant, pool).where({ id }).first();
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      return row?.id === id ? fromRow(row) : undefined;
    },

    list(tenant, pool, { parent, isNested, ...query }) {
      const wanted = inPool(tenant, pool);
      if (!isNested) void wanted.where({ parent_id: parent?.id ?? '' });
      else if (parent !== undefined) {
        const [from, to] = pathsBelow(parent);
        void wanted.where('path', '>', from).where('path', '<', to);
      }
      return paged(wanted, { tenantId: tenant, poolId: pool, isNameUnique: !isNested }, query);
    },

    findEach: async (tenant, pool, ids) => (await inPool(tenant, pool).whereIn('id', [...ids])).map(fromRow),

    listOf: (tenant, pool, ids, query) =>
      paged(
        inPool(tenant, pool).whereIn('id', [...ids]),
        { tenantId: tenant, poolId: pool, isNameUnique: false },
        query,
      ),

    async listById(tenant, pool, after, limit) {
      const wanted = inPool(tenant, pool);
      if (after !== undefined) void wanted.where('id', '>', after);
      const found = await wanted.orderBy('id').limit(limit);
      return { items: found.map(fromRow) };
    },

    async levelsOf(group) {
      const [from, to] = pathsBelow(group);
      const below = await inPool(group.tenantId, group.poolId)
        .where('path', '>', from)
        .where('path', '<', to)
        .select('path');
      const levels = ({ path }: Pick<Group, 'path'>) => path.split('/').length;
      return Math.max(levels(group), ...below.map(levels)) - levels(group) + 1;
    },

    async insert(group) {
      const { tenantId: tenant, poolId: pool, id, createdAt } = group;
      const last = await inPool(tenant, pool)
        .orderBy('id')
        .offset(mostGroups - 1)
        .first('id');
      if (last !== undefined) throw unprocessable('', `A pool has at most ${String(mostGroups)} groups.`);
      const row = { tenant_id: tenant, pool_id: pool, id, created_at: createdAt, ...words(group) };
      await insertUnlessTaken(rows().insert(row), taken);
    },

    async update(group) {
      const { tenantId: tenant, poolId: pool, id } = group;
      const stored = await inPool(tenant, pool).where({ id }).first('path');
      if (stored === undefined) throw new PlatformError('not_found', 'There is no such group.');
      await insertUnlessTaken(inPool(tenant, pool).where({ id }).update(words(group)), taken);
      if (stored.path === group.path) return;
      const [from, to] = pathsBelow(stored);
      const moved = executor.raw(isSqlite(executor) ? '? || substr(path, ?)' : 'concat(?, substr(path, ?))', [
        group.path,
        stored.path.length + 1,
      ]);
      await inPool(tenant, pool).where('path', '>', from).where('path', '<', to).update({ path: moved });
    },

    async remove(group) {
      const [from, to] = pathsBelow(group);
      await inPool(group.tenantId, group.poolId).where('path', '>', from).where('path', '<', to).delete();
      await inPool(group.tenantId, group.poolId).where({ id: group.id }).delete();
    },
  };
}
