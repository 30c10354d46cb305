/** The first factor: finds the person, slows guessing, has a kind of credential verify. Known and unknown people cost the same. */
import type {
  Answer,
  AskingPage,
  Begun,
  CredentialKind,
  ProvenCredential,
  Verified,
} from '../credentials/credential-kind.ts';
import type { PasswordHasher } from '../credentials/password/password.ts';
import type { IdentityPoolIdp, Idp, LocalIdp, StaticIdp } from '../idps/idp.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { TenantId, UserId } from '../kernel/ids.ts';
import type { Mechanism, Pool, PoolStore } from '../pools/pool.ts';
import { authTimeOf } from '../users/sessions-end.ts';
import { subjectFor } from '../users/subject.ts';
import type { User } from '../users/user.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { findAnswerer, findClaimant, type ClaimantStores } from './claimant.ts';
import { personKeyOf, type DeviceCookies } from './device-cookie.ts';
import type { Interaction } from './interaction.ts';
import type { LoginAttempt } from './login-attempt.ts';
import type { KnownPerson } from './proof.ts';
import { addressPolicy, guessKeys, type ThrottleStore } from './throttle.ts';

/** Who answers, to what, from where. */
export interface FactorAttempt {
  readonly workspace: Workspace;
  readonly interaction: Pick<Interaction, 'id' | 'clientId'>;
  readonly idp: LocalIdp;
  /** `password` for a fixed list of people. */
  readonly mechanism: Mechanism;
  /** As typed; empty where the answer says by itself whose it is. */
  readonly identifier: string;
  readonly answer: Answer;
  readonly page: AskingPage;
  /** The client's address in the form used for throttling. */
  readonly address: string;
  readonly deviceCookie: string | undefined;
}

export type FactorOutcome =
  | { readonly kind: 'proven'; readonly proof: KnownPerson; readonly deviceCookie: string }
  /** It was right, and is to be replaced before the login goes on: said only to who knows it. */
  | {
      readonly kind: 'replace';
      readonly replace: Omit<NonNullable<LoginAttempt['replace']>, 'provenAt'>;
      readonly deviceCookie: string;
    }
  | { readonly kind: 'must_be_reset' }
  /** Unknown person, wrong answer, inactive person: one answer for all, so that nobody learns who has an account. */
  | { readonly kind: 'wrong' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** Who may begin what, as `FactorAttempt` says. */
export type FactorBeginning = Omit<FactorAttempt, 'idp' | 'answer'> & {
  readonly idp: IdentityPoolIdp;
  readonly destination?: string;
};

export interface FactorLoginService {
  /** @throws PlatformError `unavailable` when too many hashes wait already */
  attempt(attempt: FactorAttempt): Promise<FactorOutcome>;
  /**
   * What a person proves whose expired credential was right, once they have another one with the mark that is given then.
   * @returns undefined for who may not sign in any more
   */
  replaced(by: {
    readonly workspace: Workspace;
    readonly idp: IdentityPoolIdp;
    /** Of what was replaced. */
    readonly mechanism: Mechanism;
    readonly userId: UserId;
  }): Promise<((mark: string) => KnownPerson) | undefined>;
  /** Has sent what the person will answer with, where the mechanism wants that. */
  begin(beginning: FactorBeginning): Promise<Begun>;
}

/** Somebody who may be there. */
interface Candidate {
  /** Of a pool. */
  readonly user: User | undefined;
  readonly idpSubject: string;
  readonly userId: UserId | undefined;
  readonly usable: boolean;
  readonly context: Readonly<Record<string, unknown>>;
  readonly amr: string;
  /** What a browser of theirs is known for. */
  readonly key: string;
  /** As it was said, or what an answer says by itself. */
  readonly named: string;
  /** Whether a page gives them another one in the place of one that has expired. */
  readonly replaces: boolean;
  /** @param isRefused costs the same, and nothing of the answer is looked at */
  readonly verify: (isRefused: boolean) => Promise<Verified>;
}

export interface FactorLoginDeps extends ClaimantStores {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly kinds: readonly CredentialKind[];
  /** For fixed lists of people, who have a password and nothing else. */
  readonly hasher: Pick<PasswordHasher, 'verify'>;
  readonly throttle: ThrottleStore;
  readonly devices: DeviceCookies;
  readonly outbox: Outbox;
  readonly clock: Clock;
}

export function createFactorLoginService(deps: FactorLoginDeps): FactorLoginService {
  const proofOf = (
    workspace: Workspace,
    { id }: Idp,
    { user, idpSubject, userId, amr, context }: Pick<Candidate, 'user' | 'idpSubject' | 'userId' | 'amr' | 'context'>,
    credential: ProvenCredential | undefined,
  ): KnownPerson => ({
    kind: 'authenticated',
    person: {
      subject: subjectFor(workspace.settings.subject_format, id, idpSubject),
      idpId: id,
      idpSubject,
      userId,
      amr: [amr],
      acr: undefined,
      authTime: authTimeOf(user, deps.clock.now()),
    },
    credential,
    context,
    satisfied: [`idp:${id}`],
  });
  const kindOf = (mechanism: Mechanism): CredentialKind => {
    const kind = deps.kinds.find((one) => one.mechanism === mechanism);
    if (kind === undefined) throw new PlatformError('internal', `No kind of credential serves ${mechanism}.`);
    return kind;
  };
  const poolOf = async (tenant: TenantId, { poolId }: IdentityPoolIdp): Promise<Pool> => {
    const pool = await deps.pools.find(tenant, poolId);
    if (pool === undefined) throw new PlatformError('not_found', 'There is no such identity pool.');
    return pool;
  };

  const pageOf = (
    { page, address, interaction, deviceCookie }: Omit<FactorBeginning, 'idp'>,
    key: string,
  ): AskingPage => ({
    ...page,
    asker: { address, login: interaction.id, device: deps.devices.verify(deviceCookie, key) },
  });

  async function inPool(idp: IdentityPoolIdp, attempt: FactorAttempt): Promise<Candidate> {
    const { mechanism, identifier, answer } = attempt;
    const pool = await poolOf(attempt.workspace.tenantId, idp);
    const kind = kindOf(mechanism);
    const claimant =
      identifier === '' && kind.identify !== undefined
        ? await findAnswerer(deps, pool, kind.identify, answer)
        : await findClaimant(deps, pool, identifier);
    const { user } = claimant;
    // Passkeys that nobody here has are counted one by one: nobody is slowed by those of others.
    const named = identifier === '' ? (user?.id ?? answer[kind.mechanism] ?? '') : claimant.identifier;
    const key = personKeyOf(pool.id, user?.id, named);
    return {
      user,
      idpSubject: user?.id ?? '',
      userId: user?.id,
      usable: user?.status === 'active' && pool.authenticationMechanisms.includes(mechanism),
      context: user?.payload ?? {},
      amr: kind.amr,
      key,
      named,
      replaces: kind.setting?.replaces === true,
      verify: (isRefused) =>
        kind.verify(isRefused ? { ...claimant, user: undefined } : claimant, answer, pageOf(attempt, key)),
    };
  }

  function onList(idp: StaticIdp, { identifier, answer }: FactorAttempt): Candidate {
    const username = identifier.trim();
    const person = idp.users.find((one) => one.username === username);
    return {
      user: undefined,
      idpSubject: username,
      userId: undefined,
      usable: person !== undefined,
      context: person?.attributes ?? {},
      amr: 'pwd',
      key: personKeyOf(idp.id, undefined, username),
      named: username,
      replaces: false,
      async verify(isRefused) {
        const isRight = await deps.hasher.verify(
          isRefused ? undefined : person?.passwordHash,
          answer['password'] ?? '',
        );
        return isRight ? { kind: 'right', mark: '' } : { kind: 'wrong' };
      },
    };
  }

  /** Never what was typed: people type passwords into the wrong field. */
  const tellOfFailure = ({ workspace, interaction, idp }: FactorAttempt, { userId, amr }: Candidate) =>
    deps.outbox.append({
      tenantId: workspace.tenantId,
      workspaceId: workspace.id,
      subject: 'login',
      action: 'failed',
      metadata: {
        client_id: interaction.clientId,
        session_id: interaction.id,
        idp_id: idp.id,
        ...(userId === undefined ? {} : { user_id: userId }),
      },
      payload: { login_failed: { factor: amr } },
    });

  return {
    async attempt(attempt) {
      const { workspace, idp, mechanism, address, deviceCookie } = attempt;
      const tenant = workspace.tenantId;
      const candidate = idp.method === 'static' ? onList(idp, attempt) : await inPool(idp, attempt);
      const device = deps.devices.verify(deviceCookie, candidate.key);
      const byAddress = { key: `address:${address}`, policy: addressPolicy };
      const place = idp.method === 'static' ? idp.id : idp.poolId;
      const guesses = guessKeys(candidate.amr, place, candidate.userId, candidate.named, device);
      const counted = [byAddress, guesses.typed, guesses.person];

      const now = deps.clock.now();
      // Counted before it is verified: many guesses sent at once are as slow as one after the other.
      const count = await deps.throttle.countAttempt(tenant, counted, now);
      if (count.kind === 'blocked')
        return { kind: 'throttled', retryAfterSeconds: Math.ceil((count.until - now) / 1000) };

      let verified: Verified;
      try {
        verified = await candidate.verify(count.isRefused === true);
      } catch (error) {
        // Nobody looked at the answer: a busy server locks nobody out.
        await deps.throttle.takeBack(tenant, counted, now);
        throw error;
      }
      if (verified.kind === 'wrong' || count.isRefused === true || !candidate.usable) {
        await tellOfFailure(attempt, candidate);
        return { kind: 'wrong' };
      }
      await deps.throttle.forgive(tenant, [guesses.typed, guesses.person], [byAddress], now);
      if (verified.kind === 'must_be_reset') return verified;
      const { mark, mustReplace } = verified;
      // Where no page could give them another one, it is worth what one that is to be set anew is.
      if (mustReplace !== undefined && !candidate.replaces) return { kind: 'must_be_reset' };
      const cookie = deps.devices.issue(candidate.key);
      const { userId } = candidate;
      if (mustReplace !== undefined && userId !== undefined && candidate.user !== undefined)
        return {
          kind: 'replace',
          replace: { poolId: candidate.user.poolId, userId, mark, why: mustReplace },
          deviceCookie: cookie,
        };
      const credential = userId === undefined ? undefined : { mechanism, mark };
      return { kind: 'proven', proof: proofOf(workspace, idp, candidate, credential), deviceCookie: cookie };
    },

    async replaced({ workspace, idp, mechanism, userId }) {
      const user = await deps.users.find(workspace.tenantId, idp.poolId, userId);
      if (user?.status !== 'active') return undefined;
      const person = { user, userId, idpSubject: user.id, context: user.payload, amr: kindOf(mechanism).amr };
      return (mark) => proofOf(workspace, idp, person, { mechanism, mark });
    },

    async begin(beginning) {
      const { workspace, idp, mechanism, identifier, destination } = beginning;
      const pool = await poolOf(workspace.tenantId, idp);
      const kind = kindOf(mechanism);
      const { begin } = kind;
      if (begin === undefined || !pool.authenticationMechanisms.includes(mechanism)) return { kind: 'begun' };
      const claimant = await findClaimant(deps, pool, identifier);
      const key = personKeyOf(pool.id, claimant.user?.id, claimant.identifier);
      return begin(claimant, pageOf(beginning, key), destination);
    },
  };
}
