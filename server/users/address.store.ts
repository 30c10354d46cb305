/** Addresses in rows: whoever has a verified one has it alone in the pool. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toJson, toOptionalTime, toTime, type TimeColumn } from '../db/columns.ts';
import { PlatformError } from '../kernel/errors.ts';
import { userId, type PoolId, type TenantId, type UserId } from '../kernel/ids.ts';
import type { AddressStore, VerifiableAddress } from './address.ts';

interface AddressRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly normalized: string;
  readonly value: string;
  readonly type: VerifiableAddress['type'];
  readonly status: VerifiableAddress['status'];
  readonly preferred_contact_method: 'sms' | 'voice' | null;
  readonly metadata: string | null;
  readonly verified_at: TimeColumn | null;
  readonly verified_key: string | null;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
}

const toAddress = (row: AddressRow): VerifiableAddress => ({
  type: row.type,
  value: row.value,
  normalized: row.normalized,
  status: row.status,
  preferredContactMethod: row.preferred_contact_method ?? undefined,
  metadata: row.metadata === null ? {} : fromJson(row.metadata),
  verifiedAt: toOptionalTime(row.verified_at),
  createdAt: toTime(row.created_at),
  updatedAt: toTime(row.updated_at),
});

const words = (address: VerifiableAddress) => ({
  value: address.value,
  type: address.type,
  status: address.status,
  preferred_contact_method: address.preferredContactMethod ?? null,
  metadata: Object.keys(address.metadata).length === 0 ? null : toJson(address.metadata),
  verified_at: address.verifiedAt ?? null,
  verified_key: address.verifiedAt === undefined ? null : address.normalized,
  created_at: address.createdAt,
  updated_at: address.updatedAt,
});

const inOrder = (found: readonly AddressRow[]): readonly VerifiableAddress[] =>
  found.map(toAddress).toSorted((one, other) => (one.normalized < other.normalized ? -1 : 1));

export function createAddressStore(executor: Knex): AddressStore {
  const rows = () => executor<AddressRow>('verifiable_addresses');
  const inPool = (tenant: TenantId, pool: PoolId) => rows().where({ tenant_id: tenant, pool_id: pool });
  const ofUser = (tenant: TenantId, pool: PoolId, user: UserId) => inPool(tenant, pool).where({ user_id: user });

  return {
    listOf: async (tenant, pool, user) => inOrder(await ofUser(tenant, pool, user)),

    async listOfEach(tenant, pool, users) {
      const found = await inPool(tenant, pool).whereIn('user_id', [...users]);
      const byUser = Map.groupBy(found, ({ user_id: id }) => id);
      return new Map(users.map((id) => [id, inOrder(byUser.get(id) ?? [])]));
    },

    async findUser(tenant, pool, normalized) {
      const row = await inPool(tenant, pool).where({ verified_key: normalized }).first('user_id', 'verified_key');
      // MySQL ignores trailing blanks when it compares; an address is this text and no other.
      return row?.verified_key === normalized ? userId(row.user_id) : undefined;
    },

    async insert(tenant, pool, user, address) {
      const key = { tenant_id: tenant, pool_id: pool, user_id: user, normalized: address.normalized };
      await insertUnlessTaken(rows().insert({ ...key, ...words(address) }), 'A person with this address');
    },

    async update(tenant, pool, user, address) {
      let found = 0;
      const change = ofUser(tenant, pool, user).where({ normalized: address.normalized }).update(words(address));
      await insertUnlessTaken(
        change.then((count) => {
          found = count;
        }),
        'A person with this address',
      );
      if (found === 0) throw new PlatformError('not_found', 'There is no such address.');
    },

    remove: async (tenant, pool, user, normalized) =>
      (await ofUser(tenant, pool, user).where({ normalized }).delete()) > 0,
  };
}
