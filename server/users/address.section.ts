/** Where people are reached, in an exported identity configuration. */
import { z } from 'zod';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { poolId, userId } from '../kernel/ids.ts';
import { normalizeAddress, type AddressStore, type VerifiableAddress } from './address.ts';
import { needsUser, usersOf, type UserSectionStores } from './user.section.ts';

export interface AddressSectionStores extends UserSectionStores {
  readonly addresses: Pick<AddressStore, 'listOf' | 'findUser' | 'insert' | 'update'>;
}

const time = z.iso.datetime({ offset: true }).optional();

const body = z.object({
  user_pool_id: z.string().min(1).max(64),
  user_id: z.string().min(1).max(64),
  type: z.enum(['email', 'mobile']),
  address: z.string().min(1).max(320),
  verified: z.boolean(),
  verified_at: time,
  status: z.enum(['active', 'inactive']).default('active'),
  preferred_contact_method: z.enum(['sms', 'voice']).optional(),
  metadata: z.record(z.string().max(255), z.json()).default({}),
  created_at: time,
  updated_at: time,
});
type AddressItem = z.infer<typeof body>;

const isoOf = (ms: number): string => new Date(ms).toISOString();
const formOf = ({ type, address }: AddressItem): string => normalizeAddress(type, address) ?? '';

const toItem = (pool: string, user: string, one: VerifiableAddress): AddressItem =>
  body.parse({
    user_pool_id: pool,
    user_id: user,
    type: one.type,
    address: one.value,
    verified: one.verifiedAt !== undefined,
    verified_at: one.verifiedAt === undefined ? undefined : isoOf(one.verifiedAt),
    status: one.status,
    preferred_contact_method: one.preferredContactMethod,
    metadata: one.metadata,
    created_at: isoOf(one.createdAt),
    updated_at: isoOf(one.updatedAt),
  });

export function addressSection({ clock }: { readonly clock: Clock }): Section<AddressSectionStores> {
  return section({
    member: 'user_verifiable_addresses',
    body,
    holds: ['place'],
    placeMember: 'user_pool_id',
    nameOf: (item) => `${item.user_pool_id} ${item.user_id} ${formOf(item)}`,
    placeOf: ({ user_pool_id: pool }) => pool,
    groupOf: ({ user_id: user }) => user,
    needs: ({ user_pool_id: pool, user_id: user }) => needsUser(pool, user),
    async *list(stores, tenant, pool) {
      if (pool === undefined) return;
      for await (const { id } of usersOf(stores, tenant, poolId(pool))) {
        for (const one of await stores.addresses.listOf(tenant, poolId(pool), id)) yield toItem(pool, id, one);
      }
    },
    async find({ addresses }, tenant, item) {
      const [pool, user, form] = [poolId(item.user_pool_id), userId(item.user_id), formOf(item)];
      const holder = item.verified ? await addresses.findUser(tenant, pool, form) : undefined;
      if (holder !== undefined && holder !== user)
        throw new PlatformError('conflict', 'Somebody else in the pool has this address, and it is verified.');
      const found = (await addresses.listOf(tenant, pool, user)).find(({ normalized }) => normalized === form);
      return found === undefined ? undefined : toItem(pool, user, found);
    },
    faults: (item) =>
      Promise.resolve(
        formOf(item) === '' ? [{ pointer: '/address', message: `must be an address of the type ${item.type}` }] : [],
      ),
    complete(item, stored) {
      const now = isoOf(clock.now());
      const { created_at = stored?.created_at ?? now, updated_at = stored?.updated_at ?? now } = item;
      const { verified_at: at = stored?.verified_at ?? created_at, ...rest } = item;
      const verified = item.verified ? { verified_at: at } : {};
      return Promise.resolve({ ...rest, ...verified, created_at, updated_at });
    },
    async write({ addresses }, tenant, item, stored) {
      const at = (text: string | undefined) => (text === undefined ? clock.now() : Date.parse(text));
      const address: VerifiableAddress = {
        type: item.type,
        value: item.address,
        normalized: formOf(item),
        status: item.status,
        preferredContactMethod: item.preferred_contact_method,
        metadata: item.metadata,
        verifiedAt: item.verified ? at(item.verified_at) : undefined,
        createdAt: at(item.created_at),
        updatedAt: at(item.updated_at),
      };
      const [pool, user] = [poolId(item.user_pool_id), userId(item.user_id)];
      await (stored === undefined
        ? addresses.insert(tenant, pool, user, address)
        : addresses.update(tenant, pool, user, address));
    },
  });
}
