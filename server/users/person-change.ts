/** What every change of a person begins with: who they are, whether they were read before, and whether the caller may. */
import type { RoleStore } from '../access/role.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';
import type { Pool, PoolStore } from '../pools/pool.ts';
import type { VerifiableAddress } from './address.ts';
import { malformed, normalizeAddress } from './address.ts';
import { identifierFault, normalizeIdentifier, type Identifier } from './identifier.ts';
import { findDetails, type UserDetails, type UserDetailsStores } from './user-details.ts';

export interface PersonAt {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly id: UserId;
  /**
   * Whether they may change somebody who administers. Whoever looks after the people of a pool does not: with a new
   * password, or an address of their own, they would be that administrator.
   */
  readonly isAboveAdministrators: boolean;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: UserDetails) => void;
}

export interface PersonChangeStores extends UserDetailsStores {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly roles: Pick<RoleStore, 'listFor'>;
  readonly outbox: Outbox;
}

/** @throws PlatformError `not_found`, `forbidden` for somebody who has a role, what `check` throws */
export async function personAt(
  stores: PersonChangeStores,
  { tenantId, poolId, id, isAboveAdministrators, check }: PersonAt,
): Promise<UserDetails & { readonly pool: Pool }> {
  const pool = await stores.pools.find(tenantId, poolId);
  const details = pool === undefined ? undefined : await findDetails(stores, tenantId, poolId, id);
  if (pool === undefined || details === undefined) throw new PlatformError('not_found', 'There is no such user.');
  if (!isAboveAdministrators) {
    const roles = await stores.roles.listFor(tenantId, [{ type: 'identity_pool_user', poolId, userId: id }]);
    if (roles.length > 0) {
      const message = 'Somebody who has a role is changed by an administrator of the tenant alone.';
      throw new PlatformError('forbidden', message);
    }
  }
  check?.(details);
  return { ...details, pool };
}

/** In the transaction of the change. Says who, and nothing of what is known of them. */
export async function tellOfPerson(
  { outbox }: Pick<PersonChangeStores, 'outbox'>,
  { tenantId, poolId, id }: Pick<PersonAt, 'tenantId' | 'poolId' | 'id'>,
  action: 'created' | 'updated' | 'deleted',
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await outbox.append({
    tenantId,
    subject: 'user',
    action,
    metadata: { affected_user_pool_id: poolId, affected_user_id: id },
    payload: { [`user_${action}`]: { user_id: id, ...more } },
  });
}

/**
 * @param pointer where it was sent
 * @throws PlatformError `unprocessable_entity` for what nobody can be called, or is not of the type that was said
 */
export function identifierIn(
  { type, value, metadata }: Pick<Identifier, 'type' | 'value' | 'metadata'>,
  { identifierCaseInsensitive: caseInsensitive }: Pick<Pool, 'identifierCaseInsensitive'>,
  pointer: string,
): Identifier {
  const fault = identifierFault(type, value);
  if (fault !== undefined) throw unprocessable(pointer, fault);
  const normalized = normalizeIdentifier(type, value, { caseInsensitive });
  return { type, value, normalized, ...(metadata === undefined ? {} : { metadata }) };
}

export interface NewAddress {
  readonly type: VerifiableAddress['type'];
  readonly value: string;
  readonly isVerified: boolean;
  readonly status: VerifiableAddress['status'];
  readonly preferredContactMethod: VerifiableAddress['preferredContactMethod'];
  readonly metadata: VerifiableAddress['metadata'];
}

/** @param pointer where it was sent. @throws PlatformError `unprocessable_entity` for what reaches nobody */
export function addressIn({ isVerified, ...given }: NewAddress, now: number, pointer: string): VerifiableAddress {
  const normalized = normalizeAddress(given.type, given.value);
  if (normalized === undefined) throw unprocessable(pointer, malformed[given.type]);
  return { ...given, normalized, verifiedAt: isVerified ? now : undefined, createdAt: now, updatedAt: now };
}
