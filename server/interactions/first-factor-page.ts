/** Which page asks for the first factor: who somebody is, how they prove it, or another password in place of an old one. */
import type { AskingPage, CredentialKind } from '../credentials/credential-kind.ts';
import type { LocalIdp } from '../idps/idp.ts';
import { preferredMechanism, type Mechanism, type Pool, type PoolStore } from '../pools/pool.ts';
import type { LoginFault, NewPasswordPage, PageData } from '../themes/pages.ts';
import { findClaimant, type ClaimantStores } from './claimant.ts';
import { replaceWithinMs, type LoginAttempt } from './login-attempt.ts';

/** What the first factor's page says beside what every page of a login says. */
export type FirstFactorPart = Pick<
  PageData['login'],
  'asks' | 'mechanism' | 'identifier' | 'alternatives' | 'code' | 'passkey' | 'forgotHref' | 'registerHref'
>;

export type FirstFactorAsked =
  | { readonly kind: 'login'; readonly part: FirstFactorPart }
  | { readonly kind: 'new-password'; readonly part: Pick<NewPasswordPage, 'why' | 'identifier' | 'rules'> };

export interface FirstFactorPageDeps extends ClaimantStores {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly kinds: readonly CredentialKind[];
  readonly rulesOf: (pool: Pool, failed: readonly string[]) => NewPasswordPage['rules'];
  /** Pages of the pool itself; undefined where people cannot do that. */
  readonly links: (
    pool: Pool,
    login: { readonly workspaceId: string; readonly path: string },
  ) => { readonly forgotHref?: string | undefined; readonly registerHref?: string | undefined };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface FirstFactorQuestion {
  readonly idp: LocalIdp;
  readonly attempt: LoginAttempt | undefined;
  readonly page: AskingPage;
  readonly login: { readonly workspaceId: string; readonly path: string };
  /** What was typed just now, or is hinted at. */
  readonly identifier: string | undefined;
  /** Rules that the new password did not follow. */
  readonly failed?: readonly string[];
}

/** A fixed list of people: everybody has a password. */
const onList: FirstFactorPart = { asks: 'both', mechanism: 'password', alternatives: [], code: 'sent' };

/** Whether identifier and proof are asked on one page, since there is one way. */
export function asksBoth({ authenticationMechanisms: allowed }: Pick<Pool, 'authenticationMechanisms'>): boolean {
  return allowed.length === 1 && allowed[0] === 'password';
}

/** The way that was chosen, or the preferred one where that is not allowed any more. */
export function mechanismOf(pool: Pool, attempt: LoginAttempt | undefined): Mechanism {
  const chosen = attempt?.mechanism;
  return chosen !== undefined && pool.authenticationMechanisms.includes(chosen) ? chosen : preferredMechanism(pool);
}

/** Whether a right answer still waits for what replaces it. */
export function isReplacing(attempt: LoginAttempt | undefined, now: number): boolean {
  return attempt?.replace !== undefined && now - attempt.replace.provenAt < replaceWithinMs;
}

export function createFirstFactorPages(deps: FirstFactorPageDeps) {
  const passkeys = deps.kinds.find(({ mechanism }) => mechanism === 'webauthn');

  async function passkeyFor(
    pool: Pool,
    { attempt, page }: FirstFactorQuestion,
    autofill: boolean,
  ): Promise<FirstFactorPart['passkey']> {
    if (passkeys?.ask === undefined || !pool.authenticationMechanisms.includes('webauthn')) return undefined;
    const claimant = await findClaimant(deps, pool, attempt?.identifier ?? '');
    const options = await passkeys.ask(autofill ? { ...claimant, user: undefined, identifier: '' } : claimant, page);
    return { options: JSON.stringify(options['publicKey']), autofill };
  }

  async function inPool(pool: Pool, question: FirstFactorQuestion): Promise<FirstFactorAsked> {
    const { attempt, failed = [] } = question;
    const identifier = question.identifier ?? attempt?.identifier;
    if (attempt?.replace !== undefined && isReplacing(attempt, deps.now())) {
      const { why } = attempt.replace;
      return {
        kind: 'new-password',
        part: { why, identifier: attempt.identifier, rules: deps.rulesOf(pool, failed) },
      };
    }
    const allowed = pool.authenticationMechanisms;
    const base = { identifier, code: 'sent', alternatives: [], ...deps.links(pool, question.login) } as const;
    if (asksBoth(pool)) return { kind: 'login', part: { ...base, asks: 'both', mechanism: 'password' } };
    if (attempt === undefined) {
      const passkey = await passkeyFor(pool, question, true);
      return { kind: 'login', part: { ...base, asks: 'identifier', mechanism: preferredMechanism(pool), passkey } };
    }
    const mechanism = mechanismOf(pool, attempt);
    return {
      kind: 'login',
      part: {
        ...base,
        asks: 'proof',
        identifier: attempt.identifier,
        mechanism,
        alternatives: allowed.filter((one: Mechanism) => one !== mechanism),
        code: attempt.begunAt === undefined ? 'elsewhere' : 'sent',
        passkey: mechanism === 'webauthn' ? await passkeyFor(pool, question, false) : undefined,
      },
    };
  }

  return async (question: FirstFactorQuestion): Promise<FirstFactorAsked> => {
    const { idp } = question;
    const pool = idp.method === 'static' ? undefined : await deps.pools.find(idp.tenantId, idp.poolId);
    if (idp.method === 'static' || pool === undefined)
      return { kind: 'login', part: { ...onList, identifier: question.identifier } };
    const { attempt, ...rest } = question;
    return inPool(pool, { ...rest, attempt: attempt?.idpId === idp.id ? attempt : undefined });
  };
}

/** Answers that a kind of credential refuses before anybody is looked up, as pages say them. */
const answerFaults = {
  password_missing: { field: 'password', text: 'password_missing' },
  password_too_long: { field: 'password', text: 'password_too_long' },
  otp_missing: { field: 'otp', text: 'otp_missing' },
  otp_malformed: { field: 'otp', text: 'otp_malformed' },
} as const satisfies Readonly<Record<string, LoginFault>>;

export function answerFault({ text }: { readonly text: string }): LoginFault {
  const known = Object.entries(answerFaults).find(([name]) => name === text);
  return known?.[1] ?? { field: 'form', text: 'not_accepted' };
}

/** One for each way: of which of two things it was wrong, nobody is told. */
export const wrongAnswers = {
  password: { field: 'password', text: 'wrong_credentials' },
  otp: { field: 'otp', text: 'wrong_code' },
  webauthn: { field: 'form', text: 'wrong_passkey' },
} as const satisfies Readonly<Record<Mechanism, LoginFault>>;
