/** What a right code does to an account: activates it, sets its password anew, verifies an address of it. */
import type { PasswordService, PasswordStores } from '../credentials/password/password.service.ts';
import type { Clock } from '../kernel/clock.ts';
import type { TenantId, PoolId, UserId } from '../kernel/ids.ts';
import type { Pool } from '../pools/pool.ts';
import type { AddressStore } from '../users/address.ts';
import type { IdentifierStore } from '../users/identifier.ts';
import { identifierIn, personAt, tellOfPerson, type PersonAt } from '../users/person-change.ts';
import type { UserDetails } from '../users/user-details.ts';
import type { User, UserStore } from '../users/user.ts';
import type { CodeGuess } from './code-asking.ts';
import { wrongCode, type Redeem, type RedeemStores } from './code-redeem.service.ts';
import type { Code } from './code.ts';
import type { FormerCredentialsStore } from './former-credentials.ts';
import { reachBy } from './registration.ts';

export interface UserAt {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly userId: UserId;
}

export type AccountStores = PasswordStores &
  RedeemStores & {
    readonly users: Pick<UserStore, 'findHeld' | 'describeNew' | 'update'>;
    readonly addresses: Pick<AddressStore, 'insert' | 'update' | 'remove'>;
    readonly identifiers: Pick<IdentifierStore, 'insert'>;
    readonly formerCredentials: FormerCredentialsStore;
  };

type Guess = Omit<CodeGuess, 'type' | 'bound'>;

/** Prepares what gives them another way to sign in, outside of any transaction: what it answers writes it. */
export type GiveWayIn<Stores> = (at: PersonAt) => Promise<(stores: Stores) => Promise<unknown>>;

/** Each @throws PlatformError `unauthorized` for every wrong code, `too_many_requests` */
export interface AccountService<Stores = AccountStores> {
  /**
   * Whoever has the code owns the address: it is verified, they are called by it, and what others could sign in with who
   * registered it before them is gone. A code that confirms a registration makes them what that one said, whatever others
   * said since who registered with the address.
   * @param password where they are to have one. @param give what they are given beside it, once the former are gone, in the
   *   same transaction
   * @throws PlatformError `conflict` when somebody else has the address by now; `unprocessable_entity` for the password;
   *   what `give` throws
   */
  activate(guess: Guess, password: string | undefined, give?: GiveWayIn<Stores>): Promise<UserDetails>;
  /** Ends every session of theirs, and takes their passkeys. @throws PlatformError `unprocessable_entity` for the password */
  resetPassword(guess: Guess, newPassword: string): Promise<void>;
  /**
   * @param address that the caller means; undefined for whichever the code was sent to
   * @throws PlatformError `conflict` when somebody else has verified it by now
   */
  verifyAddress(guess: Guess, address: string | undefined): Promise<void>;
}

export interface AccountDeps<Stores> {
  readonly redeem: Redeem<Stores>;
  readonly passwords: Pick<PasswordService, 'prepareReset'>;
  readonly clock: Clock;
}

export function createAccountService<Stores extends AccountStores>({
  redeem,
  passwords,
  clock,
}: AccountDeps<Stores>): AccountService<Stores> {
  const atOf = ({ tenantId, poolId, id }: User) => ({ tenantId, poolId, id, isAboveAdministrators: true });
  const ownerOf = ({ tenantId, poolId, id }: User): UserAt => ({ tenantId, poolId, userId: id });

  /** The code's own address, where it is still one of theirs. */
  const verify = async (stores: AccountStores, { addresses: [sentTo] }: Code, details: UserDetails): Promise<void> => {
    const { tenantId, poolId, id } = details.user;
    const address = details.addresses.find(({ normalized }) => normalized === sentTo?.normalized);
    if (address === undefined) throw wrongCode();
    const now = clock.now();
    const verified = { ...address, verifiedAt: address.verifiedAt ?? now, updatedAt: now };
    await stores.addresses.update(tenantId, poolId, id, verified);
  };

  /** As they are, and as they stay: whoever is disabled or removed meanwhile stays so. */
  const held = async (stores: AccountStores, user: User): Promise<UserDetails & { readonly pool: Pool }> => {
    const found = await stores.users.findHeld(user.tenantId, user.poolId, user.id);
    if (found?.status !== user.status) throw wrongCode();
    return personAt(stores, atOf(user));
  };

  /** Somebody whom an administrator looks after by now is who that one says. */
  const confirmed = async (
    stores: AccountStores,
    { registration }: Code,
    details: Awaited<ReturnType<typeof held>>,
  ): Promise<typeof details> => {
    if (registration === undefined) return details;
    const { tenantId, poolId, id } = details.user;
    if (!(await stores.users.describeNew(tenantId, poolId, id, registration.payload, clock.now()))) return details;
    await reachBy(stores, details.user, details.addresses, registration.addresses);
    return personAt(stores, atOf(details.user));
  };

  return {
    activate: (guess, password, give) =>
      redeem.redeem(
        { ...guess, type: 'activation' },
        async (code, user) => {
          if (user.status !== 'new') throw wrongCode();
          const write =
            password === undefined
              ? undefined
              : await passwords.prepareReset(ownerOf(user), password, '/password', 'gone');
          const giveNow = await give?.(atOf(user));
          return async (stores) => {
            const { tenantId, poolId, id } = user;
            const details = await confirmed(stores, code, await held(stores, user));
            await stores.formerCredentials.drop(tenantId, poolId, id);
            await write?.(stores);
            await giveNow?.(stores);
            await verify(stores, code, details);
            await dropPlanted(stores, code, details);
            await callBy(stores, code, details, clock.now());
            const now = clock.now();
            await stores.users.update({ ...details.user, status: 'active', statusUpdatedAt: now, updatedAt: now });
            await stores.users.endSessions(tenantId, poolId, id, now);
            await tellOfPerson(stores, atOf(user), 'updated', { status: 'active' });
            return personAt(stores, atOf(user));
          };
        },
        (stores, user) => personAt(stores, atOf(user)),
      ),

    resetPassword: (guess, newPassword) =>
      redeem.redeem(
        { ...guess, type: 'reset_password' },
        async (_code, user) => {
          if (user.status !== 'active') throw wrongCode();
          const write = await passwords.prepareReset(ownerOf(user), newPassword, '/new_password');
          return async (stores) => {
            await held(stores, user);
            await write(stores);
          };
        },
        () => Promise.resolve(),
      ),

    verifyAddress: (guess, address) =>
      redeem.redeem(
        { ...guess, type: 'verify_address' },
        (code, user) => {
          if (address !== undefined && code.addresses[0]?.normalized !== address) throw wrongCode();
          return Promise.resolve(async (stores) => {
            await verify(stores, code, await held(stores, user));
            await tellOfPerson(stores, atOf(user), 'updated');
          });
        },
        () => Promise.resolve(),
      ),
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
