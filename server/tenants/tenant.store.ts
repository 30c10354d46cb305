/** Tenants in rows, each with a key of its own that never leaves this room unsealed. */
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toJson, toTime } from '../db/columns.ts';
import type { TimeColumn } from '../db/columns.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError } from '../kernel/errors.ts';
import { tenantId, type TenantId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { registrationIdentifierOf, type Tenant, type TenantStore } from './tenant.ts';
import { tenantKeyContext } from './tenant-key.store.ts';

interface TenantRow {
  readonly id: string;
  readonly name: string;
  readonly settings: string;
  readonly registration_identifier: string | null;
  readonly sealed_key: string;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
  /** Left out while it is there. */
  readonly removed_at?: TimeColumn | null;
}

function toTenant(row: TenantRow): Tenant {
  return {
    id: tenantId(row.id),
    name: row.name,
    settings: fromJson(row.settings),
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  };
}

export function createTenantStore(executor: Knex, deps: { readonly sealer: Sealer }): TenantStore {
  const rows = () => executor<TenantRow>('tenants');
  const there = () => rows().whereNull('removed_at');
  // MySQL ignores trailing blanks when it compares; an id is this text and no other.
  const named = (id: TenantId, row: TenantRow | undefined) => (row?.id === id ? toTenant(row) : undefined);

  return {
    find: async (id) => named(id, await there().where({ id }).first()),
    findHeld: async (id) => named(id, await there().where({ id }).forUpdate().first()),

    async list(query) {
      const page = keysetPage(query);
      const found = await there().modify<TenantRow, TenantRow[]>(page.select, 'id');
      return { items: page.inOrder(found).map(toTenant) };
    },

    async listRegisteredBy(identifier, limit) {
      const found = await there().where({ registration_identifier: identifier }).orderBy('id').limit(limit);
      return found.filter((row) => row.registration_identifier === identifier).map(toTenant);
    },

    async insert(tenant) {
      const key = randomBytes(32).toString('base64url');
      await insertUnlessTaken(
        rows().insert({
          id: tenant.id,
          name: tenant.name,
          settings: toJson(tenant.settings),
          registration_identifier: registrationIdentifierOf(tenant.settings) ?? null,
          sealed_key: deps.sealer.seal(key, tenantKeyContext(tenant.id)),
          created_at: tenant.createdAt,
          updated_at: tenant.updatedAt,
        }),
        'A tenant with this id',
      );
    },

    async update(tenant) {
      const changed = await there()
        .where({ id: tenant.id })
        .update({
          name: tenant.name,
          settings: toJson(tenant.settings),
          registration_identifier: registrationIdentifierOf(tenant.settings) ?? null,
          updated_at: tenant.updatedAt,
        });
      if (changed === 0) throw new PlatformError('not_found', 'There is no such tenant.');
    },

    async markRemoved(id, at) {
      await there().where({ id }).update({ removed_at: at });
    },
  };
}
