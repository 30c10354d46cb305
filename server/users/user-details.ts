/** All that is stored of one person, as administrators and programs are shown it. */
import type { Passkey, PasskeyStore } from '../credentials/passkey/passkey.ts';
import type { PasswordCredential, PasswordCredentialStore } from '../credentials/password/password.ts';
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';
import type { AddressStore, VerifiableAddress } from './address.ts';
import type { Identifier, IdentifierStore } from './identifier.ts';
import type { User, UserStore } from './user.ts';

export interface UserDetails {
  readonly user: User;
  readonly identifiers: readonly Identifier[];
  readonly addresses: readonly VerifiableAddress[];
  /** Never shown but for what it is and until when it is good. */
  readonly password: PasswordCredential | undefined;
  readonly passkeys: readonly Passkey[];
}

export interface UserDetailsStores {
  readonly users: Pick<UserStore, 'find'>;
  readonly identifiers: Pick<IdentifierStore, 'listOf'>;
  readonly addresses: Pick<AddressStore, 'listOf'>;
  readonly passwords: Pick<PasswordCredentialStore, 'findByUser'>;
  readonly passkeys: Pick<PasskeyStore, 'listOf'>;
}

export async function findDetails(
  { users, identifiers, addresses, passwords, passkeys }: UserDetailsStores,
  tenant: TenantId,
  pool: PoolId,
  id: UserId,
): Promise<UserDetails | undefined> {
  const user = await users.find(tenant, pool, id);
  // MySQL ignores trailing blanks when it compares; an id is this text and no other.
  if (user?.id !== id) return undefined;
  return {
    user,
    identifiers: await identifiers.listOf(tenant, pool, id),
    addresses: await addresses.listOf(tenant, pool, id),
    password: await passwords.findByUser(tenant, pool, id),
    passkeys: await passkeys.listOf(tenant, pool, id),
  };
}
