/** Pools in rows. Everybody in a pool goes with it. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toBoolean, toJson, toTime } from '../db/columns.ts';
import type { BooleanColumn, TimeColumn } from '../db/columns.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError } from '../kernel/errors.ts';
import { poolId, tenantId } from '../kernel/ids.ts';
import type { Pool, PoolStore } from './pool.ts';

interface PoolRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly name: string;
  readonly identifier_case_insensitive: BooleanColumn;
  readonly authentication_mechanisms: string;
  readonly settings: string;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
}

function fromRow(row: PoolRow): Pool {
  return {
    tenantId: tenantId(row.tenant_id),
    id: poolId(row.id),
    name: row.name,
    identifierCaseInsensitive: toBoolean(row.identifier_case_insensitive),
    authenticationMechanisms: fromJson<Pool['authenticationMechanisms']>(row.authentication_mechanisms),
    settings: fromJson<Pool['settings']>(row.settings),
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  };
}

function toRow(pool: Pool): PoolRow {
  return {
    tenant_id: pool.tenantId,
    id: pool.id,
    name: pool.name,
    identifier_case_insensitive: pool.identifierCaseInsensitive,
    authentication_mechanisms: toJson(pool.authenticationMechanisms),
    settings: toJson(pool.settings),
    created_at: pool.createdAt,
    updated_at: pool.updatedAt,
  };
}

export function createPoolStore(executor: Knex): PoolStore {
  const rows = () => executor<PoolRow>('pools');

  return {
    async find(tenant, id) {
      const row = await rows().where({ tenant_id: tenant, id }).first();
      return row === undefined ? undefined : fromRow(row);
    },

    async list(tenant, query) {
      const page = keysetPage(query);
      const found = await rows().where({ tenant_id: tenant }).modify<PoolRow, PoolRow[]>(page.select, 'id');
      return { items: page.inOrder(found).map(fromRow) };
    },

    async insert(pool) {
      await insertUnlessTaken(rows().insert(toRow(pool)), 'A pool with this id');
    },

    async update(pool) {
      const { tenant_id, id, name, identifier_case_insensitive, authentication_mechanisms, settings, updated_at } =
        toRow(pool);
      const found = await rows()
        .where({ tenant_id, id })
        .update({ name, identifier_case_insensitive, authentication_mechanisms, settings, updated_at });
      if (found === 0) throw new PlatformError('not_found', 'There is no pool with this id.');
    },

    async remove(tenant, id) {
      await rows().where({ tenant_id: tenant, id }).delete();
    },
  };
}
