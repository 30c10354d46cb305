/** Pools in rows. Everybody in a pool goes with it, and what they prove themselves by before them. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toBoolean, toJson, toTime } from '../db/columns.ts';
import type { BooleanColumn, TimeColumn } from '../db/columns.ts';
import { deleteSome } from '../db/delete-some.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { poolId, tenantId, workspaceId, type PoolId, type TenantId } from '../kernel/ids.ts';
import { poolSettingsSchema, type Pool, type PoolQuery, type PoolStore } from './pool.ts';

interface PoolRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly name: string;
  readonly workspace_id: string | null;
  readonly is_system: BooleanColumn;
  readonly identifier_case_insensitive: BooleanColumn;
  readonly authentication_mechanisms: string;
  readonly settings: string;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
  /** Left out while it is there. */
  readonly removed_at?: TimeColumn | null;
}

interface CountRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly users: number | string;
}

function fromRow(row: PoolRow): Pool {
  return {
    tenantId: tenantId(row.tenant_id),
    id: poolId(row.id),
    name: row.name,
    workspaceId: row.workspace_id === null ? undefined : workspaceId(row.workspace_id),
    isSystem: toBoolean(row.is_system),
    identifierCaseInsensitive: toBoolean(row.identifier_case_insensitive),
    authenticationMechanisms: fromJson<Pool['authenticationMechanisms']>(row.authentication_mechanisms),
    settings: poolSettingsSchema.parse(fromJson(row.settings)),
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  };
}

const words = (pool: Pool) => ({
  name: pool.name,
  workspace_id: pool.workspaceId ?? null,
  is_system: pool.isSystem,
  identifier_case_insensitive: pool.identifierCaseInsensitive,
  authentication_mechanisms: toJson(pool.authenticationMechanisms),
  settings: toJson(pool.settings),
  updated_at: pool.updatedAt,
});

/** @param ofKinds every table of kinds of credentials, each with a tenant and a pool (`holdingsOf`) */
export function createPoolStore(executor: Knex, ofKinds: readonly string[]): PoolStore {
  const rows = () => executor<PoolRow>('pools');
  const there = (tenant: TenantId) => rows().where({ tenant_id: tenant }).whereNull('removed_at');

  /** The name of the pool that a page begins at. */
  async function nameAt(tenant: TenantId, { after, before }: PoolQuery): Promise<string | undefined> {
    const cursor = before ?? after;
    if (cursor === undefined) return undefined;
    const at = await there(tenant).where({ id: cursor }).first('name');
    if (at !== undefined) return at.name;
    const name = before === undefined ? 'after_pool_id' : 'before_pool_id';
    throw unprocessable(`/${name}`, 'There is no such pool any more: begin at the first page.');
  }

  return {
    async find(tenant, id) {
      const row = await there(tenant).where({ id }).first();
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      return row?.id === id ? fromRow(row) : undefined;
    },

    async findHeld(tenant, id) {
      const row = await there(tenant).where({ id }).forUpdate().first();
      return row?.id === id ? fromRow(row) : undefined;
    },

    async list(tenant, query) {
      const page = keysetPage(query);
      const { among, workspaceId: workspace } = query;
      const wanted = there(tenant).modify<PoolRow, PoolRow[]>(page.matching, 'id', 'name');
      if (workspace !== undefined) void wanted.where({ workspace_id: workspace });
      if (among !== undefined) {
        void wanted.where((any) => {
          void any.whereIn('workspace_id', [...among.workspaces]).orWhereIn('id', [...among.pools]);
        });
      }
      if (query.sort === 'name') page.selectBy(wanted, 'name', await nameAt(tenant, query));
      else page.select(wanted, 'id');
      const found: readonly PoolRow[] = await wanted;
      return { items: page.inOrder(found).map(fromRow) };
    },

    async listNaming(tenant, workspace) {
      // Wildcards in an id find too many; in which it really stands is seen below.
      const found = await there(tenant).where('settings', 'like', `%"${workspace}"%`).orderBy('id').forUpdate();
      return found.map(fromRow).filter(({ settings }) => settings.script_metadata_workspaces.includes(workspace));
    },

    async countUsers(tenant, ids) {
      const counts = new Map<PoolId, number>(ids.map((id) => [id, 0]));
      const found = await executor<CountRow>('pool_user_counts')
        .where({ tenant_id: tenant })
        .whereIn('pool_id', [...ids])
        .select('pool_id', 'users');
      for (const { pool_id: id, users } of found) counts.set(poolId(id), (counts.get(poolId(id)) ?? 0) + Number(users));
      return counts;
    },

    async insert(pool) {
      const row = { tenant_id: pool.tenantId, id: pool.id, created_at: pool.createdAt, ...words(pool) };
      await insertUnlessTaken(rows().insert(row), 'A pool with this id');
    },

    async update(pool) {
      const found = await there(pool.tenantId).where({ id: pool.id }).update(words(pool));
      if (found === 0) throw new PlatformError('not_found', 'There is no pool with this id.');
    },

    async markRemoved(tenant, id, at) {
      await there(tenant).where({ id }).update({ removed_at: at });
    },

    async removeSome(limit, of) {
      const one = of === undefined ? {} : { tenant_id: of.tenantId, id: of.id };
      const marked = await rows().where(one).whereNotNull('removed_at').orderBy('removed_at').first('tenant_id', 'id');
      if (marked === undefined) return 0;
      let left = limit;
      for (const table of [...ofKinds, 'users']) {
        left -= await deleteSome(executor, table, { tenant_id: marked.tenant_id, pool_id: marked.id }, left);
        if (left === 0) return limit;
      }
      await rows().where({ tenant_id: marked.tenant_id, id: marked.id }).delete();
      return limit - left;
    },
  };
}
