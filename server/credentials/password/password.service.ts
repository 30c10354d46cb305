/** Passwords set, changed, reset and verified: every new one meets the rules of its pool, and every guess is counted. */
import type { Clock } from '../../kernel/clock.ts';
import { PlatformError } from '../../kernel/errors.ts';
import type { PoolId, TenantId, UserId } from '../../kernel/ids.ts';
import type { UnitOfWork } from '../../kernel/unit-of-work.ts';
import { personAt, type PersonAt, type PersonChangeStores } from '../../users/person-change.ts';
import type { UserStore } from '../../users/user.ts';
import type { KeptCredentials } from '../credential-kind.ts';
import { guessableOf } from './guessable.ts';
import { expiryOf } from './password-expiry.ts';
import { passwordGuesses, type PasswordAttempts } from './password-attempts.ts';
import type { PolicyCheck } from './password-policy.ts';
import { verifyPassword, type PasswordVerificationDeps } from './password-verification.ts';
import type { PasswordCredential, PasswordCredentialStore, PasswordHasher, PasswordState } from './password.ts';

export interface PasswordStores extends PersonChangeStores {
  readonly users: Pick<UserStore, 'find' | 'endSessions'>;
  readonly credentials: Pick<KeptCredentials, 'reset'>;
  readonly passwords: Pick<
    PasswordCredentialStore,
    'findByUser' | 'findHeld' | 'formsOf' | 'historyOf' | 'set' | 'setState' | 'rehash'
  >;
}

/** Whose password. */
export interface PasswordOwner {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly userId: UserId;
}

/** Writes a password that was checked and hashed before. @throws PlatformError `conflict`, as the rest of the service */
export type WritePassword = (stores: PasswordStores) => Promise<PasswordCredential>;

/** What a new password is. */
export interface NewPassword {
  readonly password: string;
  /** Where it was sent (RFC 6901). */
  readonly pointer: string;
  /** Milliseconds since the epoch; by the pool's `expires_after` where it is left out. */
  readonly expiresAt?: number;
  /** Valid where it is left out. */
  readonly state?: PasswordState;
}

/**
 * Each that gives a person a new password answers it as it is stored, and
 * @throws PlatformError `not_found`; `unprocessable_entity` with each rule of the pool that it does not meet; `conflict`
 *   when it was changed by somebody else at the same time; `unavailable` when too many hashes wait
 */
export interface PasswordService {
  /** By who looks after people. @throws PlatformError as above, and as `personAt` does */
  set(at: PersonAt, given: NewPassword): Promise<PasswordCredential>;
  /**
   * By who knows the old one, expired or not.
   * @throws PlatformError as above; `unauthorized` when the old one is wrong, `too_many_requests` after many that were,
   *   `forbidden` for one that has to be reset, `unprocessable_entity` for who has none
   */
  change(
    owner: PasswordOwner,
    passwords: {
      readonly old: string;
      readonly new: string;
      readonly pointer: string;
      /** As forms are whose answer was lost: the same change once more, soon after, is the one that was made. */
      readonly maySendAgain?: true;
    },
  ): Promise<PasswordCredential>;
  /**
   * By who proved the old one in a login: in the transaction that keeps what they prove by the new one.
   * @param proven the `mark` of that proof
   * @throws PlatformError as above; `conflict` when another one was set since, `forbidden` for one that has to be reset
   */
  prepareChange(
    owner: PasswordOwner,
    proven: { readonly mark: string; readonly new: string; readonly pointer: string },
  ): Promise<WritePassword>;
  /**
   * By who proved with a code that a verified address is theirs: the caller has verified that code before, and spends it in
   * the transaction in which what is answered here writes. Whoever is signed in as the person is so no more, but for who
   * signs in from now on (`authTimeOf`), and so are their passkeys, and whatever else somebody who was let in may have added.
   * @param former `gone` where that transaction takes what the person had before: it says nothing about the new one then
   */
  prepareReset(
    owner: PasswordOwner,
    newPassword: string,
    pointer: string,
    former?: 'kept' | 'gone',
  ): Promise<WritePassword>;
  /** @throws PlatformError as `personAt` does, `not_found` for who has no password */
  setState(at: PersonAt, state: PasswordState): Promise<void>;
}

/** The password as it stood when the new one was checked. */
interface Seen {
  readonly version: number | undefined;
}
interface Change extends NewPassword {
  readonly how: 'set' | 'changed' | 'reset';
  /** What the person proved to know; the change is refused where it is another one by now. */
  readonly proven?: Seen;
  readonly former?: 'kept' | 'gone';
}

/** How long a change that is asked for once more is taken for the one that was made. Milliseconds. */
export const sameAgainMs = 10 * 60_000;

const changedMeanwhile = () => new PlatformError('conflict', 'The password was changed meanwhile. Try again.');

export function createPasswordService(deps: {
  readonly unitOfWork: UnitOfWork<PasswordStores>;
  readonly passwords: PasswordVerificationDeps['passwords'];
  readonly hasher: PasswordHasher;
  readonly policy: PolicyCheck;
  readonly attempts: PasswordAttempts;
  readonly clock: Clock;
}): PasswordService {
  const { unitOfWork, hasher, policy, attempts, clock } = deps;

  const ownerAt = ({ tenantId, poolId, userId }: PasswordOwner): PersonAt => ({
    tenantId,
    poolId,
    id: userId,
    isAboveAdministrators: true,
  });

  /** Checks and hashes take their time: no transaction waits for them, and the one that writes sees that nothing changed. */
  async function prepare(at: PersonAt, change: Change): Promise<WritePassword> {
    const { tenantId, poolId, id } = at;
    const { password, pointer, how, proven, former = 'kept' } = change;
    const seen = await unitOfWork.run(async (stores) => {
      const person = await personAt(stores, at);
      return { ...person, history: await stores.passwords.historyOf(tenantId, poolId, id) };
    });
    const expected = proven === undefined ? seen.password?.version : proven.version;
    // Before the rules: the same change once more would be told that it was used before.
    if (seen.password?.version !== expected) throw changedMeanwhile();
    const present = seen.password?.hash;
    const used = [...(present === undefined ? [] : [{ hash: present }]), ...seen.history];
    await policy.demand({
      policy: seen.pool.settings.password_policy,
      password,
      guessable: guessableOf({ ...seen, payload: seen.user.payload }),
      used: former === 'gone' ? [] : used,
      pointer,
      isChange: how === 'changed',
    });
    const hash = await hasher.hash(password);

    return async (stores) => {
      const { pool } = await personAt(stores, at);
      const held = await stores.passwords.findHeld(tenantId, poolId, id);
      if (held?.version !== (former === 'gone' ? undefined : expected)) throw changedMeanwhile();
      if (how === 'changed' && held?.state === 'must_be_reset') throw mustBeReset();
      const now = clock.now();
      const { expiresAt = expiryOf(pool, now), state = 'valid' } = change;
      await stores.passwords.set(tenantId, poolId, id, hash, expiresAt, { state, at: now });
      if (how === 'reset') {
        await stores.users.endSessions(tenantId, poolId, id, now);
        await stores.credentials.reset(at, stores.outbox);
      }
      await tellOfPassword(stores, at, { how });
      const stored = await stores.passwords.findByUser(tenantId, poolId, id);
      if (stored === undefined) throw new PlatformError('internal', 'A password that was written is not there.');
      return stored;
    };
  }

  /** The very change that made the present one: who sends it again had no answer, and knows both passwords. */
  async function wasJustMade(
    { tenantId, poolId, userId }: PasswordOwner,
    present: PasswordCredential | undefined,
    old: string,
    password: string,
  ): Promise<boolean> {
    if (present?.hash === undefined || clock.now() - (present.updatedAt ?? 0) > sameAgainMs) return false;
    const [former] = await unitOfWork.run(({ passwords }) => passwords.historyOf(tenantId, poolId, userId));
    return (await hasher.verify(former?.hash, old)) && (await hasher.verify(present.hash, password));
  }

  return {
    set: async (at, given) => unitOfWork.run(await prepare(at, { ...given, how: 'set' })),

    async change(owner, { old, new: password, pointer, maySendAgain = false }) {
      const { tenantId, poolId, userId } = owner;
      const { password: present } = await unitOfWork.run((stores) => personAt(stores, ownerAt(owner)));
      if (present?.hash === undefined)
        throw new PlatformError('unprocessable_entity', 'The person has no password: one is set after a code.');
      const verify = async () => {
        const verified = await verifyPassword(deps, { tenantId, poolId }, userId, old, userId);
        return {
          ...verified,
          isMade: maySendAgain && !verified.isRight && (await wasJustMade(owner, verified.credential, old, password)),
        };
      };
      const { typed, person } = passwordGuesses(poolId, userId, `change ${userId}`);
      // Aloud: whoever is here knows who they are.
      const under = [typed, { key: person.key, policy: person.policy }];
      const isKnown = (outcome: Awaited<ReturnType<typeof verify>>) => outcome.isRight || outcome.isMade;
      const { isRight, isMade, credential } = await attempts.count(tenantId, under, verify, isKnown);
      if (isMade && credential !== undefined) return credential;
      if (!isRight) throw new PlatformError('unauthorized', 'The old password is wrong.');
      if (credential?.state === 'must_be_reset') throw mustBeReset();
      const proven = { version: credential?.version };
      return unitOfWork.run(await prepare(ownerAt(owner), { password, pointer, how: 'changed', proven }));
    },

    prepareChange: (owner, { mark, new: password, pointer }) =>
      prepare(ownerAt(owner), { password, pointer, how: 'changed', proven: { version: Number(mark) } }),

    prepareReset: (owner, password, pointer, former = 'kept') =>
      prepare(ownerAt(owner), { password, pointer, how: 'reset', former }),

    setState: (at, state) =>
      unitOfWork.run(async (stores) => {
        await personAt(stores, at);
        const { tenantId, poolId, id } = at;
        if (!(await stores.passwords.setState(tenantId, poolId, id, state, clock.now())))
          throw new PlatformError('not_found', 'The user has no password.');
        await tellOfPassword(stores, at, { how: 'state', state });
      }),
  };
}

/** In the transaction of the change. */
async function tellOfPassword(
  { outbox }: Pick<PasswordStores, 'outbox'>,
  { tenantId, poolId, id }: PersonAt,
  what: Readonly<Record<string, string>>,
): Promise<void> {
  await outbox.append({
    tenantId,
    subject: 'password',
    action: 'updated',
    metadata: { affected_user_pool_id: poolId, affected_user_id: id },
    payload: { password_updated: { user_id: id, ...what } },
  });
}

function mustBeReset(): PlatformError {
  return new PlatformError('forbidden', 'The password has to be reset, with a code: the old one is good for nothing.');
}
