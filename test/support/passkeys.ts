/** A pool whose people sign in with passkeys, on rows: the service, the kind, the pages, and somebody who has one. */
import type { Knex } from 'knex';
import type { AskingPage, Claimant } from '../../server/credentials/credential-kind.ts';
import { createDisguise } from '../../server/credentials/passkey/disguise.ts';
import { createPasskeyKind } from '../../server/credentials/passkey/passkey-kind.ts';
import { createPasskeyOffer } from '../../server/credentials/passkey/passkey-offer.service.ts';
import { createPasskeyPages } from '../../server/credentials/passkey/passkey-pages.service.ts';
import { creationBody } from '../../server/credentials/passkey/passkey.body.ts';
import { createPasskeyService } from '../../server/credentials/passkey/passkey.service.ts';
import { newId, tenantId, userId, type TenantId, type UserId } from '../../server/kernel/ids.ts';
import type { Mechanism, Pool } from '../../server/pools/pool.ts';
import type { User } from '../../server/users/user.ts';
import { softAuthenticator, type Algorithm, type Authenticator } from './authenticator.ts';
import { poolOf, userOf } from './seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from './stores.ts';

/** Each tenant stands at an origin of its own, as in production. */
export const originOf = (tenant: TenantId): string => `https://${tenant}.id.example`;

export interface PasskeyPerson {
  readonly user: User;
  readonly identifier: string;
  readonly authenticator: Authenticator;
}

export function passkeysOn(knex: Knex) {
  const clock = heldClock();
  const stores = storesOf(knex, clock);
  const unitOfWork = unitOfWorkOn(knex, clock);
  const disguise = createDisguise(new Uint8Array(32).fill(7));
  const kind = createPasskeyKind({ passkeys: stores.passkeys, unitOfWork, disguise, clock });
  const service = createPasskeyService({ unitOfWork, originOf, disguise, clock });
  const at = ({ tenantId: tenant, poolId: pool, id }: User, isAboveAdministrators = true) =>
    ({ tenantId: tenant, poolId: pool, id, isAboveAdministrators }) as const;
  const placeOf = ({ tenantId: tenant, id }: Pool) => ({ tenantId: tenant, poolId: id });

  return {
    ...{ clock, stores, unitOfWork, disguise, kind, service, at, placeOf },
    offer: createPasskeyOffer({ service, clock }),
    pages: createPasskeyPages({ ...stores, kind, originOf, disguise }),

    async pool(mechanisms: readonly Mechanism[] = ['webauthn', 'password', 'otp'], tenant?: TenantId): Promise<Pool> {
      const place = tenant ?? (await seedTenant(knex, tenantId(newId()))).tenant;
      const pool = poolOf(place, { authenticationMechanisms: mechanisms });
      await stores.pools.insert(pool);
      return pool;
    },

    /** Somebody with an identifier, and nothing to prove who they are. */
    async person(pool: Pool, id: UserId = userId(newId())): Promise<PasskeyPerson> {
      const user = userOf(pool.tenantId, pool.id, { id, payload: { name: 'Ada Lovelace' } });
      const identifier = `${id}@example.com`;
      await stores.users.insert(user);
      const email = { type: 'email', value: identifier, normalized: identifier } as const;
      await stores.identifiers.insert(pool.tenantId, pool.id, id, email);
      return { user, identifier, authenticator: softAuthenticator(0) };
    },

    /** Adds a passkey by the calls of programs. */
    async register({ user, authenticator }: PasskeyPerson, algorithm?: Algorithm) {
      const options = await service.begin(at(user));
      const made = authenticator.create(options, { origin: originOf(user.tenantId) }, algorithm);
      return service.complete(at(user), creationBody.parse(made));
    },

    claimant: (pool: Pool, person?: PasskeyPerson, identifier = person?.identifier ?? ''): Claimant => ({
      pool,
      user: person?.user,
      identifier,
    }),

    page: (pool: Pool, nonce = newId()): AskingPage => ({
      nonce,
      origin: originOf(pool.tenantId),
      locale: 'en',
      applicationName: 'Shop',
    }),
  };
}
