/** A person's account, read and changed by themselves: of what is known of them the payload alone, as its schema allows. */
import { isDeepStrictEqual } from 'node:util';
import type { KeptCredentials } from '../credentials/credential-kind.ts';
import { PlatformError } from '../kernel/errors.ts';
import { schemaId, type SchemaId, type TenantId } from '../kernel/ids.ts';
import type { PoolStore } from '../pools/pool.ts';
import type { Schema, SchemaStore } from '../schemas/schema.ts';
import { findDetails, type UserDetails, type UserDetailsStores } from '../users/user-details.ts';
import type { UserService } from '../users/user.service.ts';
import type { User } from '../users/user.ts';
import type { CallingPerson } from './calling-person.ts';
import { ownPayload } from '../users/own-payload.ts';
import type { SelfProfile } from './self-profile.body.ts';

export interface SelfProfileService {
  /** @throws PlatformError `not_found` */
  read(tenant: TenantId, person: CallingPerson): Promise<SelfProfile>;
  /**
   * @param check sees what is stored before it is changed; what it throws stops the change
   * @throws PlatformError `not_found`; `unprocessable_entity` for what is not theirs to change or does not fit its schema;
   *   `conflict` where they were changed meanwhile
   */
  update(
    tenant: TenantId,
    person: CallingPerson,
    payload: User['payload'],
    check: (stored: SelfProfile) => void,
  ): Promise<SelfProfile>;
}

export interface SelfProfileStores extends UserDetailsStores {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly credentials: Pick<KeptCredentials, 'waysIn'>;
  readonly schemas: Pick<SchemaStore, 'find'>;
}

export interface SelfProfileDeps {
  readonly stores: SelfProfileStores;
  readonly users: Pick<UserService, 'update'>;
}

const nobody = () => new PlatformError('not_found', 'There is no such user.');
const changedMeanwhile = () => new PlatformError('conflict', 'Your account was changed meanwhile. Try again.');

export function createReadSelfProfile(stores: SelfProfileStores): SelfProfileService['read'] {
  const schemaOf = async (tenant: TenantId, id: SchemaId): Promise<Schema> => {
    const schema = await stores.schemas.find(tenant, id);
    if (schema === undefined) throw new PlatformError('not_found', `There is no such schema: ${id}.`);
    return schema;
  };

  return async (tenant, { poolId, userId }) => {
    const pool = await stores.pools.find(tenant, poolId);
    const details = await findDetails(stores, tenant, poolId, userId);
    if (pool === undefined || details === undefined) throw nobody();
    const { schemas } = details.user;
    const { settings } = pool;
    return {
      details,
      pool,
      ways: await stores.credentials.waysIn(details.user, details.identifiers.length > 0),
      schemas: {
        payload: await schemaOf(tenant, schemas.payload ?? schemaId(settings.payload_schema_id)),
        metadata: await schemaOf(tenant, schemas.metadata ?? schemaId(settings.metadata_schema_id)),
        businessMetadata: await schemaOf(
          tenant,
          schemas.businessMetadata ?? schemaId(settings.business_metadata_schema_id),
        ),
      },
    };
  };
}

export function createSelfProfileService({ stores, users }: SelfProfileDeps): SelfProfileService {
  const read = createReadSelfProfile(stores);
  return {
    read,

    async update(tenant, person, given, check) {
      const seen = await read(tenant, person);
      check(seen);
      const { user, addresses } = seen.details;
      const payload = ownPayload(seen.schemas.payload, user.payload, given, addresses);
      const isAsSeen = (stored: UserDetails): boolean =>
        isDeepStrictEqual([stored.user, stored.addresses], [user, addresses]);
      const details = await users.update(
        {
          tenantId: tenant,
          poolId: person.poolId,
          id: person.userId,
          // They act for themselves, whatever roles they have.
          isAboveAdministrators: true,
          // What they may say was decided by what was there: in the transaction that writes, it still has to be.
          check(stored) {
            if (!isAsSeen(stored)) throw changedMeanwhile();
          },
        },
        { payload },
      );
      return { ...seen, details };
    },
  };
}
