/** Adding people to a pool, and giving them passwords: whole or not at all, and told of in the same transaction. */
import type { PasswordCredentialStore, PasswordHasher } from '../credentials/password/password.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { newId, userId, type PoolId, type TenantId, type UserId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { PoolStore } from '../pools/pool.ts';
import { normalizeIdentifier, type Identifier, type IdentifierStore } from './identifier.ts';
import type { User, UserStore } from './user.ts';

export interface UserStores {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly users: Pick<UserStore, 'find' | 'insert'>;
  readonly identifiers: Pick<IdentifierStore, 'insert'>;
  readonly passwords: Pick<PasswordCredentialStore, 'set'>;
  readonly outbox: Outbox;
}

export interface NewUser {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly payload: User['payload'];
  /** At least one; each at most 320 characters. */
  readonly identifiers: readonly Pick<Identifier, 'type' | 'value'>[];
  readonly password?: string;
}

export interface UserService {
  /**
   * Makes an active person.
   * @throws PlatformError `not_found` without such a pool, `conflict` when somebody in it has one of the identifiers,
   *   `unprocessable_entity` for an identifier or a password that cannot be kept, `unavailable` when too many hashes wait
   */
  create(user: NewUser): Promise<User>;
  /**
   * Sets or replaces a password; proofs made with an older one are worth nothing from then on.
   * @param expiresAt milliseconds since the epoch; undefined never expires
   * @throws PlatformError `not_found`, `unprocessable_entity`, `unavailable`
   */
  setPassword(tenant: TenantId, pool: PoolId, user: UserId, password: string, expiresAt?: number): Promise<void>;
}

export function createUserService(deps: {
  readonly unitOfWork: UnitOfWork<UserStores>;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly clock: Clock;
}): UserService {
  const { unitOfWork, hasher, clock } = deps;

  return {
    async create({ tenantId, poolId, payload, identifiers, password }) {
      if (identifiers.length === 0) throw unprocessable('/identifiers', 'A user needs at least one identifier.');
      const id = userId(newId());
      // Hashing takes its time: no transaction waits for it.
      const hash = password === undefined ? undefined : await hasher.hash(password);
      return unitOfWork.run(async (stores) => {
        const pool = await stores.pools.find(tenantId, poolId);
        if (pool === undefined) throw new PlatformError('not_found', 'There is no pool with this id.');
        const now = clock.now();
        const user: User = { tenantId, poolId, id, status: 'active', payload, createdAt: now, updatedAt: now };
        await stores.users.insert(user);
        for (const identifier of distinct(identifiers, pool.identifierCaseInsensitive)) {
          await stores.identifiers.insert(tenantId, poolId, id, identifier);
        }
        if (hash !== undefined) await stores.passwords.set(tenantId, poolId, id, hash, undefined);
        await stores.outbox.append({
          tenantId,
          subject: 'user',
          action: 'created',
          metadata: { user_pool_id: poolId, user_id: id },
          payload: { user_created: { user_id: id, status: user.status } },
        });
        return user;
      });
    },

    async setPassword(tenantId, poolId, id, password, expiresAt) {
      const hash = await hasher.hash(password);
      await unitOfWork.run(async (stores) => {
        const user = await stores.users.find(tenantId, poolId, id);
        if (user === undefined) throw new PlatformError('not_found', 'There is no user with this id.');
        await stores.passwords.set(tenantId, poolId, id, hash, expiresAt);
        await stores.outbox.append({
          tenantId,
          subject: 'password',
          action: 'updated',
          metadata: { user_pool_id: poolId, user_id: id },
          payload: { password_updated: { user_id: id } },
        });
      });
    },
  };
}

/** In normal form, each once: the same address given as two types is one identifier. */
function distinct(given: NewUser['identifiers'], caseInsensitive: boolean): readonly Identifier[] {
  const byNormalForm = new Map<string, Identifier>();
  for (const { type, value } of given) {
    const normalized = normalizeIdentifier(value, { caseInsensitive });
    // NFKC may lengthen a text; what is stored is what is compared later, never a part of it.
    if (value.length > 320 || normalized.length > 320) {
      throw unprocessable('/identifiers', 'An identifier must have at most 320 characters.');
    }
    if (normalized === '') throw unprocessable('/identifiers', 'An identifier must not be empty.');
    if (!byNormalForm.has(normalized)) byNormalForm.set(normalized, { type, value, normalized });
  }
  return [...byNormalForm.values()];
}
