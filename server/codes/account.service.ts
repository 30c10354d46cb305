/** What a right code does to an account: activates it, sets its password anew, verifies an address of it. */
import type { Clock } from '../kernel/clock.ts';
import type { TenantId, PoolId, UserId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { AddressStore } from '../users/address.ts';
import type { IdentifierStore } from '../users/identifier.ts';
import { identifierIn, personAt, tellOfPerson, type PersonChangeStores } from '../users/person-change.ts';
import type { UserDetails } from '../users/user-details.ts';
import type { User, UserStore } from '../users/user.ts';
import type { CodeGuess } from './code-asking.ts';
import { wrongCode, type Redeem } from './code-redeem.service.ts';
import type { Code } from './code.ts';
import type { FormerCredentialsStore } from './former-credentials.ts';

export interface UserAt {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly userId: UserId;
}

/**
 * Sets a password, whatever it was before; whoever is signed in as the person is so no more, and no passkey of theirs is left.
 * @param pointer where it was sent. @throws PlatformError `unprocessable_entity` where it does not fit the pool's policy
 */
export type ResetPassword = (at: UserAt, newPassword: string, pointer: string) => Promise<void>;

export interface AccountStores extends PersonChangeStores {
  readonly users: Pick<UserStore, 'find' | 'findHeld' | 'update' | 'endSessions'>;
  readonly addresses: Pick<AddressStore, 'listOf' | 'update' | 'remove'>;
  readonly identifiers: Pick<IdentifierStore, 'listOf' | 'insert'>;
  readonly formerCredentials: FormerCredentialsStore;
}

type Guess = Omit<CodeGuess, 'type' | 'by' | 'bound'>;

/** Each @throws PlatformError `unauthorized` for every wrong code, `too_many_requests` */
export interface AccountService {
  /**
   * Whoever has the code owns the address: it is verified, they are called by it, and what others could sign in with who
   * registered it before them is gone.
   * @param password where they are to have one. @param add gives them another way to sign in, when the former are gone
   * @throws PlatformError `conflict` when somebody else has the address by now; `unprocessable_entity` for the password;
   *   what `add` throws
   */
  activate(guess: Guess, password: string | undefined, add?: (at: UserAt) => Promise<void>): Promise<UserDetails>;
  /** Ends every session of theirs, and takes their passkeys. @throws PlatformError `unprocessable_entity` for the password */
  resetPassword(guess: Guess, newPassword: string): Promise<void>;
  /**
   * @param address that the caller means; undefined for whichever the code was sent to
   * @throws PlatformError `conflict` when somebody else has verified it by now
   */
  verifyAddress(guess: Guess, address: string | undefined): Promise<void>;
}

export interface AccountDeps {
  readonly unitOfWork: UnitOfWork<AccountStores>;
  readonly redeem: Redeem;
  readonly resetPassword: ResetPassword;
  readonly clock: Clock;
}

export function createAccountService(deps: AccountDeps): AccountService {
  const { unitOfWork, redeem, clock } = deps;
  const atOf = ({ tenantId, poolId, id }: User) => ({ tenantId, poolId, id, isAboveAdministrators: true });

  /** The code's own address, where it is still one of theirs. */
  const verify = async (stores: AccountStores, { addresses: [sentTo] }: Code, details: UserDetails): Promise<void> => {
    const { tenantId, poolId, id } = details.user;
    const address = details.addresses.find(({ normalized }) => normalized === sentTo?.normalized);
    if (address === undefined) throw wrongCode();
    const now = clock.now();
    const verified = { ...address, verifiedAt: address.verifiedAt ?? now, updatedAt: now };
    await stores.addresses.update(tenantId, poolId, id, verified);
  };

  return {
    activate: (guess, password, add) =>
      redeem.redeem({ ...guess, type: 'activation' }, async (code, user) => {
        if (user.status !== 'new') throw wrongCode();
        const { tenantId, poolId, id } = user;
        await unitOfWork.run(({ formerCredentials }) => formerCredentials.drop(tenantId, poolId, id));
        if (password !== undefined) await deps.resetPassword({ tenantId, poolId, userId: id }, password, '/password');
        await add?.({ tenantId, poolId, userId: id });
        return unitOfWork.run(async (stores) => {
          // Whoever is disabled meanwhile stays so.
          await stores.users.findHeld(tenantId, poolId, id);
          const details = await personAt(stores, atOf(user));
          if (details.user.status !== 'new') throw wrongCode();
          await verify(stores, code, details);
          await dropPlanted(stores, code, details);
          await callBy(stores, code, details, clock.now());
          const now = clock.now();
          await stores.users.update({ ...details.user, status: 'active', statusUpdatedAt: now, updatedAt: now });
          await stores.users.endSessions(tenantId, poolId, id, now);
          await tellOfPerson(stores, atOf(user), 'updated', { status: 'active' });
          return personAt(stores, atOf(user));
        });
      }),

    resetPassword: (guess, newPassword) =>
      redeem.redeem({ ...guess, type: 'reset_password' }, async (_code, user) => {
        if (user.status !== 'active') throw wrongCode();
        const { tenantId, poolId, id } = user;
        await deps.resetPassword({ tenantId, poolId, userId: id }, newPassword, '/new_password');
      }),

    verifyAddress: (guess, address) =>
      redeem.redeem({ ...guess, type: 'verify_address' }, async (code, user) => {
        if (address !== undefined && code.addresses[0]?.normalized !== address) throw wrongCode();
        await unitOfWork.run(async (stores) => {
          await verify(stores, code, await personAt(stores, atOf(user)));
          await tellOfPerson(stores, atOf(user), 'updated');
        });
      }),
  };
}

/** What was added since the code was written, and nobody verified, is whoever else registered with their address. */
async function dropPlanted(
  { addresses }: AccountStores,
  { addresses: [sentTo], issuedAt }: Code,
  { user, addresses: held }: UserDetails,
): Promise<void> {
  for (const { normalized, verifiedAt, createdAt } of held)
    if (verifiedAt === undefined && createdAt > issuedAt && normalized !== sentTo?.normalized)
      await addresses.remove(user.tenantId, user.poolId, user.id, normalized);
}

/** Makes an address what they are called by, as they wrote it, unless it is that already. */
async function callBy(
  stores: AccountStores,
  { addresses: [sentTo] }: Code,
  { user, pool, identifiers, addresses }: Awaited<ReturnType<typeof personAt>>,
  now: number,
): Promise<void> {
  if (sentTo === undefined) return;
  const { type, value } = addresses.find(({ normalized }) => normalized === sentTo.normalized) ?? {
    type: sentTo.type,
    value: sentTo.normalized,
  };
  const identifier = identifierIn({ type, value }, pool, '/address');
  if (identifiers.some(({ normalized }) => normalized === identifier.normalized)) return;
  await stores.identifiers.insert(user.tenantId, user.poolId, user.id, { ...identifier, createdAt: now });
}
