/** Ada Lovelace, the person of the demonstration, and the pool she is in. */
import type { PasswordCredentialStore } from '../credentials/password/password.ts';
import { poolId, userId } from '../kernel/ids.ts';
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';
import type { Outbox } from '../kernel/events.ts';
import { poolSettingsSchema, type PoolStore } from '../pools/pool.ts';
import { normalizeAddress, type AddressStore, type VerifiableAddress } from '../users/address.ts';
import { normalizeIdentifier } from '../users/identifier.ts';
import type { Identifier, IdentifierStore } from '../users/identifier.ts';
import type { UserStore } from '../users/user.ts';

export interface DemoPersonStores {
  readonly pools: Pick<PoolStore, 'find' | 'insert'>;
  readonly users: Pick<UserStore, 'insert'>;
  readonly identifiers: Pick<IdentifierStore, 'insert'>;
  readonly addresses: Pick<AddressStore, 'insert'>;
  readonly passwords: Pick<PasswordCredentialStore, 'set'>;
  readonly outbox: Outbox;
}

export const demoPoolId: PoolId = poolId('demo-pool');

/** The same in every deployment, so that an exported role of theirs fits wherever the demonstration is. */
const demoUserId = userId('demo-person');

/** What the person may type at the login page. */
export const demoIdentifiers: readonly Pick<Identifier, 'type' | 'value'>[] = [
  { type: 'email', value: 'ada@example.com' },
  { type: 'mobile', value: '+44 20 7946 0958' },
  { type: 'uid', value: 'ada' },
];

const payload = {
  name: 'Ada Lovelace',
  given_name: 'Ada',
  family_name: 'Lovelace',
  email: 'ada@example.com',
  email_verified: true,
  phone_number: '+442079460958',
};

/** Makes the pool with its person, unless the tenant has that pool. @returns the person made */
export async function insertDemoPerson(
  stores: DemoPersonStores,
  tenantId: TenantId,
  person: { readonly passwordHash: string; readonly now: number },
): Promise<UserId | undefined> {
  if ((await stores.pools.find(tenantId, demoPoolId)) !== undefined) return undefined;
  const times = { createdAt: person.now, updatedAt: person.now };
  await stores.pools.insert({
    tenantId,
    id: demoPoolId,
    name: 'Demo people',
    identifierCaseInsensitive: true,
    authenticationMechanisms: ['password'],
    workspaceId: undefined,
    isSystem: false,
    settings: poolSettingsSchema.parse({}),
    ...times,
  });
  const id = demoUserId;
  await stores.users.insert({
    tenantId,
    poolId: demoPoolId,
    id,
    status: 'active',
    payload,
    metadata: {},
    businessMetadata: {},
    schemas: {},
    statusUpdatedAt: person.now,
    ...times,
  });
  for (const { type, value } of demoIdentifiers) {
    const normalized = normalizeIdentifier(type, value, { caseInsensitive: true });
    await stores.identifiers.insert(tenantId, demoPoolId, id, { type, value, normalized });
    if (type === 'email' || type === 'mobile')
      await stores.addresses.insert(tenantId, demoPoolId, id, reachedAt(type, value, person.now));
  }
  const password = { state: 'valid', at: person.now } as const;
  await stores.passwords.set(tenantId, demoPoolId, id, person.passwordHash, undefined, password);
  await stores.outbox.append({
    tenantId,
    subject: 'user',
    action: 'created',
    metadata: { affected_user_pool_id: demoPoolId, affected_user_id: id },
    payload: { user_created: { user_id: id, status: 'active' } },
  });
  return id;
}

/** Theirs, and shown to be: codes and links reach them, in the mailbox of a development server. */
function reachedAt(type: VerifiableAddress['type'], value: string, now: number): VerifiableAddress {
  return {
    type,
    value,
    normalized: normalizeAddress(type, value) ?? value,
    status: 'active',
    preferredContactMethod: undefined,
    metadata: {},
    verifiedAt: now,
    createdAt: now,
    updatedAt: now,
  };
}
