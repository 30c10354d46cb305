/** Adding people to a pool, changing and removing them: whole or not at all, and told of in the same transaction. */
import { keepAdministrator } from '../access/last-administrator.ts';
import type { RoleStore } from '../access/role.ts';
import type { GivenPasskey, PasskeyStore } from '../credentials/passkey/passkey.ts';
import { guessableOf } from '../credentials/password/guessable.ts';
import type { PasswordCredentialStore, PasswordHasher, PasswordState } from '../credentials/password/password.ts';
import type { PolicyCheck } from '../credentials/password/password-policy.ts';
import { expiryOf } from '../credentials/password/password-expiry.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { checkGivenId, newId, schemaId, userId, type PoolId, type SchemaId, type TenantId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Pool } from '../pools/pool.ts';
import type { SchemaCheck } from '../schemas/schema-check.ts';
import type { SchemaStore } from '../schemas/schema.ts';
import type { AddressStore } from './address.ts';
import type { Identifier, IdentifierStore } from './identifier.ts';
import {
  addressIn,
  identifierIn,
  personAt,
  requireNoRole,
  tellOfPerson,
  type NewAddress,
  type PersonAt,
  type PersonChangeStores,
} from './person-change.ts';
import type { UserDetails } from './user-details.ts';
import type { User, UserSchemas, UserStatus, UserStore } from './user.ts';

export interface UserStores extends PersonChangeStores {
  readonly users: Pick<UserStore, 'find' | 'findHeld' | 'insert' | 'update' | 'remove' | 'endSessions'>;
  readonly identifiers: Pick<IdentifierStore, 'insert' | 'listOf'>;
  readonly addresses: Pick<AddressStore, 'insert' | 'listOf'>;
  readonly passwords: Pick<PasswordCredentialStore, 'set' | 'findByUser'>;
  readonly passkeys: Pick<PasskeyStore, 'insert' | 'listOf'>;
  readonly schemas: Pick<SchemaStore, 'find'>;
  readonly roles: Pick<RoleStore, 'listFor' | 'listIn' | 'removeSubject'>;
}

export interface NewUser {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  /** Random where it is left out. */
  readonly id?: string;
  /** Active where it is left out. */
  readonly status?: UserStatus;
  readonly payload: User['payload'];
  readonly metadata?: User['metadata'];
  readonly businessMetadata?: User['businessMetadata'];
  readonly schemas?: UserSchemas;
  /** Each at most 320 characters; the same one given as two types is one. */
  readonly identifiers: readonly Pick<Identifier, 'type' | 'value' | 'metadata'>[];
  readonly addresses?: readonly NewAddress[];
  readonly password?: string;
  /** Each verified before: by a page, or by where they come from. */
  readonly passkeys?: readonly GivenPasskey[];
  /** Of a password, with or without one: valid where it is left out. */
  readonly passwordState?: PasswordState;
  /**
   * Milliseconds since the epoch; by the pool's `expires_after` where it is left out. In the past, and without a password,
   * for somebody who sets their first one after a code.
   */
  readonly passwordExpiresAt?: number;
  /** As of a change of them, as roles may wait for who is not there yet; false where it is left out. */
  readonly isAboveAdministrators?: boolean;
}

/** What is left out stays as it is. */
export interface UserWords {
  readonly status?: UserStatus | undefined;
  readonly payload?: User['payload'] | undefined;
  readonly metadata?: User['metadata'] | undefined;
  readonly businessMetadata?: User['businessMetadata'] | undefined;
  readonly schemas?: UserSchemas;
}

export interface UserService {
  /**
   * @throws PlatformError `not_found` without such a pool or schema, `forbidden` for who would have a role, `conflict` when somebody in it has one of the
   *   identifiers or verified addresses, `unprocessable_entity` for what cannot be kept, does not fit its schema, or for a
   *   password that does not meet the rules of the pool, `unavailable` when too many hashes wait
   */
  create(user: NewUser): Promise<UserDetails>;
  /** @throws PlatformError `not_found`, `unprocessable_entity`, `forbidden` as `personAt` does */
  update(at: PersonAt, words: UserWords): Promise<UserDetails>;
  /**
   * Removes them with all that is theirs, and with the roles they have.
   * @throws PlatformError `not_found`, `forbidden`, `unprocessable_entity` for the last administrator of the tenant
   */
  remove(at: PersonAt): Promise<void>;
}

export function createUserService(deps: {
  readonly unitOfWork: UnitOfWork<UserStores>;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly policy: PolicyCheck;
  readonly schemaCheck: SchemaCheck;
  readonly clock: Clock;
}): UserService {
  const { unitOfWork, hasher, policy, schemaCheck, clock } = deps;

  /** @throws PlatformError `not_found` without such a schema, `unprocessable_entity` where it does not fit */
  const checkSchemas = async ({ schemas }: UserStores, user: User, { settings }: Pool): Promise<void> => {
    const held = async (id: SchemaId, value: unknown, pointer: string) => {
      const schema = await schemas.find(user.tenantId, id);
      if (schema === undefined)
        throw new PlatformError('not_found', `There is no such schema: ${pointer.slice(1)}_schema_id.`);
      schemaCheck.check(schema, value, pointer);
    };
    const { payload, metadata, businessMetadata } = user.schemas;
    await held(payload ?? schemaId(settings.payload_schema_id), user.payload, '/payload');
    await held(metadata ?? schemaId(settings.metadata_schema_id), user.metadata, '/metadata');
    const business = businessMetadata ?? schemaId(settings.business_metadata_schema_id);
    await held(business, user.businessMetadata, '/business_metadata');
  };

  /** @throws PlatformError `not_found` */
  const poolIn = async ({ pools }: UserStores, tenant: TenantId, id: PoolId): Promise<Pool> => {
    const pool = await pools.find(tenant, id);
    if (pool === undefined) throw new PlatformError('not_found', 'There is no pool with this id.');
    return pool;
  };

  /** Checks and hashes take their time: no transaction waits for them. */
  const hashed = async ({ tenantId, poolId, password, ...person }: NewUser): Promise<string | undefined> => {
    if (password === undefined) return undefined;
    const pool = await unitOfWork.run((stores) => poolIn(stores, tenantId, poolId));
    await policy.demand({
      policy: pool.settings.password_policy,
      password,
      guessable: guessableOf({ ...person, addresses: person.addresses ?? [] }),
      used: [],
      pointer: newPasswordPointer,
    });
    return hasher.hash(password);
  };

  return {
    async create(newUser) {
      const { tenantId, poolId, isAboveAdministrators = false, identifiers, addresses = [], ...given } = newUser;
      const { passkeys = [] } = given;
      const id = userId(given.id === undefined || given.id === '' ? newId() : given.id);
      checkGivenId(id);
      const hash = await hashed(newUser);
      return unitOfWork.run(async (stores) => {
        const pool = await poolIn(stores, tenantId, poolId);
        if (!isAboveAdministrators) await requireNoRole(stores, { tenantId, poolId, id });
        const now = clock.now();
        const { status = 'active', payload, metadata = {}, businessMetadata = {}, schemas = {} } = given;
        const times = { statusUpdatedAt: now, createdAt: now, updatedAt: now };
        const user: User = { tenantId, poolId, id, status, payload, metadata, businessMetadata, schemas, ...times };
        await checkSchemas(stores, user, pool);
        await stores.users.insert(user);
        for (const one of distinct(identifiers, pool)) await stores.identifiers.insert(tenantId, poolId, id, one);
        for (const [at, one] of addresses.entries()) {
          const address = addressIn(one, now, `/verifiable_addresses/${String(at)}/address`);
          await stores.addresses.insert(tenantId, poolId, id, address);
        }
        const { passwordState: state = 'valid', passwordExpiresAt: expiresAt } = given;
        if (hash === undefined && expiresAt !== undefined && expiresAt > now)
          throw unprocessable(newPasswordPointer, 'must be given, or have expired: nobody could sign in by it');
        if (hash !== undefined || expiresAt !== undefined)
          await stores.passwords.set(tenantId, poolId, id, hash, expiresAt ?? expiryOf(pool, now), { state, at: now });
        for (const one of passkeys)
          await stores.passkeys.insert(tenantId, poolId, { ...one, userId: id, createdAt: now, lastUsedAt: undefined });
        await tellOfPerson(stores, { tenantId, poolId, id }, 'created', { status });
        return personAt(stores, { tenantId, poolId, id, isAboveAdministrators: true });
      });
    },

    update: (at, { schemas, ...words }) =>
      unitOfWork.run(async (stores) => {
        // The row is written as a whole: whoever is disabled meanwhile would be active again by what they say of themselves.
        await stores.users.findHeld(at.tenantId, at.poolId, at.id);
        const { pool, ...details } = await personAt(stores, at);
        const stored = details.user;
        const now = clock.now();
        const user: User = {
          ...stored,
          status: words.status ?? stored.status,
          payload: words.payload ?? stored.payload,
          metadata: words.metadata ?? stored.metadata,
          businessMetadata: words.businessMetadata ?? stored.businessMetadata,
          schemas: { ...stored.schemas, ...schemas },
          statusUpdatedAt: words.status === undefined || words.status === stored.status ? stored.statusUpdatedAt : now,
          updatedAt: now,
        };
        await checkSchemas(stores, user, pool);
        await stores.users.update(user);
        // Made active again later, they sign in again: what they were signed in to does not come back.
        if (stored.status === 'active' && user.status !== 'active')
          await stores.users.endSessions(at.tenantId, at.poolId, at.id, now);
        await tellOfPerson(stores, at, 'updated', { status: user.status });
        return { ...details, user };
      }),

    remove: (at) =>
      unitOfWork.run(async (stores) => {
        const { tenantId, poolId, id } = at;
        await personAt(stores, at);
        await keepAdministrator(stores.roles, tenantId, 'This is the last administrator of the tenant.', () =>
          stores.roles.removeSubject(tenantId, { type: 'identity_pool_user', poolId, userId: id }),
        );
        await stores.users.remove(tenantId, poolId, id);
        await tellOfPerson(stores, at, 'deleted');
      }),
  };
}

/** Where the published body has it. */
const newPasswordPointer = '/credentials/0/password';

/** In normal form, each once: the same address given as two types is one identifier. */
function distinct(given: NewUser['identifiers'], pool: Pool): readonly Identifier[] {
  const byNormalForm = new Map<string, Identifier>();
  for (const [at, one] of given.entries()) {
    const identifier = identifierIn(one, pool, `/identifiers/${String(at)}/identifier`);
    if (!byNormalForm.has(identifier.normalized)) byNormalForm.set(identifier.normalized, identifier);
  }
  return [...byNormalForm.values()];
}
