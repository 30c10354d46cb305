/** Which page asks for the first factor: who somebody is, how they prove it, or what is to take the place of what expired. */
import type { AskingPage, CredentialKind } from '../credentials/credential-kind.ts';
import type { SettingFault } from '../credentials/credential-setting.ts';
import type { LocalIdp } from '../idps/idp.ts';
import { preferredMechanism, type Mechanism, type Pool, type PoolStore } from '../pools/pool.ts';
import type { PageData, ReplacementPage } from '../themes/pages.ts';
import { replacingPage } from './credential-replacement.ts';
import { findClaimant, type ClaimantStores } from './claimant.ts';
import { replaceWithinMs, type LoginAttempt } from './login-attempt.ts';

/** What the first factor's page says beside what every page of a login says. */
export type FirstFactorPart = Pick<
  PageData['login'],
  'asks' | 'mechanism' | 'identifier' | 'alternatives' | 'code' | 'asked' | 'naming' | 'forgotHref' | 'registerHref'
>;

export type FirstFactorAsked =
  | { readonly kind: 'login'; readonly part: FirstFactorPart }
  | { readonly kind: 'replacement'; readonly part: Pick<ReplacementPage, 'why' | 'identifier' | 'part'> };

export interface AccountWays {
  /**
   * @param identifier of who goes there, as far as they said it: they are not asked again
   * @returns undefined for what people cannot do there
   */
  links(
    pool: Pool,
    login: FirstFactorQuestion['login'],
    identifier: string | undefined,
  ): { readonly forgotHref?: string | undefined; readonly registerHref?: string | undefined };
  /** Who was led back from there. @param sealed as the login's address says it; undefined for what no page of the pool sealed */
  ledBack(pool: Pool, sealed: unknown): string | undefined;
}

export interface FirstFactorPageDeps extends ClaimantStores {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly kinds: readonly CredentialKind[];
  /** The way to the pages of the pool itself, and back. */
  readonly accounts: AccountWays;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface FirstFactorQuestion {
  readonly idp: LocalIdp;
  readonly attempt: LoginAttempt | undefined;
  readonly page: AskingPage;
  readonly login: { readonly workspaceId: string; readonly path: string };
  /** Just now. */
  readonly typed?: string | undefined;
  /** What the address says, sealed, of who was led back from an account page of the pool. */
  readonly ledBack?: unknown;
  /** By the application, of who it may be. */
  readonly hint?: string | undefined;
  /** Of what was to take the place of what expired. */
  readonly refused?: SettingFault | undefined;
}

/** A fixed list of people: everybody has a password. */
export const listMechanism: Mechanism = 'password';
const onList = {
  asks: 'both',
  mechanism: listMechanism,
  alternatives: [],
  code: 'sent',
  asked: {},
  naming: [],
} as const;

/** The ways that a pool allows. Of one that another version of ours may serve, and this one does not, nothing is shown. */
function allowedBy(
  { authenticationMechanisms: allowed }: Pick<Pool, 'authenticationMechanisms'>,
  kinds: readonly CredentialKind[],
): readonly Mechanism[] {
  return allowed.filter((one) => kinds.some(({ mechanism }) => mechanism === one));
}

/** Whether identifier and proof are asked on one page: there is one way, and nothing has to be asked or sent before it. */
export function asksBoth(pool: Pick<Pool, 'authenticationMechanisms'>, kinds: readonly CredentialKind[]): boolean {
  const [one, ...others] = allowedBy(pool, kinds);
  const kind = kinds.find(({ mechanism }) => mechanism === one);
  return others.length === 0 && kind !== undefined && kind.begin === undefined && kind.ask === undefined;
}

/** The way that was chosen; the preferred one where none was, or that is not allowed any more. */
export function mechanismOf(
  pool: Pool,
  attempt: LoginAttempt | undefined,
  kinds: readonly CredentialKind[],
): Mechanism {
  const allowed = allowedBy(pool, kinds);
  const preferred = preferredMechanism(pool);
  return (
    [attempt?.mechanism, preferred].find((one) => one !== undefined && allowed.includes(one)) ?? allowed[0] ?? preferred
  );
}

/** The actions of its buttons, as published: `change_to_otp`, `change_to_web_authn`, …, by each spelling of a mechanism. */
export function changesTo(kinds: readonly CredentialKind[]): ReadonlyMap<string, Mechanism> {
  return new Map(
    kinds.flatMap(({ mechanism, alias = mechanism }) =>
      [mechanism, alias].map((spelled) => [`change_to_${spelled}`, mechanism] as const),
    ),
  );
}

/** The action of the form that replaces one, as published for the password. */
export const replacesBy = (mechanism: Mechanism): string => `set_new_${mechanism}_after_authn`;

/** Whether a right answer still waits for what replaces it. */
export function isReplacing(attempt: LoginAttempt | undefined, now: number): boolean {
  return attempt?.replace !== undefined && now - attempt.replace.provenAt < replaceWithinMs;
}

export function createFirstFactorPages(deps: FirstFactorPageDeps) {
  /** What the kind's part of the page shows: to whoever was named, or while nobody was. */
  async function askedBy(
    kind: CredentialKind | undefined,
    pool: Pool,
    { attempt, page }: FirstFactorQuestion,
  ): Promise<FirstFactorPart['asked']> {
    if (kind?.ask === undefined) return {};
    const claimant = await findClaimant(deps, pool, attempt?.identifier ?? '');
    return kind.ask(attempt === undefined ? { ...claimant, user: undefined, identifier: '' } : claimant, page);
  }

  /** Of every kind whose answers say by themselves whose they are. */
  async function askedOfAnybody(
    pool: Pool,
    question: FirstFactorQuestion,
  ): Promise<Pick<FirstFactorPart, 'asked' | 'naming'>> {
    const naming = deps.kinds.filter(
      ({ mechanism, identify }) => identify !== undefined && pool.authenticationMechanisms.includes(mechanism),
    );
    let asked: FirstFactorPart['asked'] = {};
    for (const kind of naming) asked = { ...asked, ...(await askedBy(kind, pool, question)) };
    return { asked, naming: naming.map(({ mechanism }) => mechanism) };
  }

  /** @returns undefined where nothing is to be replaced, or its kind cannot be on this page */
  async function replacementIn(
    pool: Pool,
    { attempt, page, refused }: FirstFactorQuestion,
  ): Promise<FirstFactorAsked | undefined> {
    if (attempt?.replace === undefined || !isReplacing(attempt, deps.now())) return undefined;
    const { identifier, mechanism, replace } = attempt;
    const setting = deps.kinds.find((kind) => kind.mechanism === mechanism)?.setting;
    if (setting?.replaces !== true) return undefined;
    const shown = await setting.show(replacingPage(pool, page.nonce, identifier), refused?.details ?? []);
    if (shown === undefined) return undefined;
    const part = { mechanism, shown, fault: refused, isAlone: setting.manner === 'made', isFocused: true };
    return { kind: 'replacement', part: { why: replace.why, identifier, part } };
  }

  async function inPool(pool: Pool, question: FirstFactorQuestion): Promise<FirstFactorAsked> {
    const ledBack = deps.accounts.ledBack(pool, question.ledBack);
    // Who comes back as somebody else than they said before is asked as that one.
    const isOther = ledBack !== undefined && question.attempt?.identifier !== ledBack;
    const attempt = isOther ? undefined : question.attempt;
    const identifier = question.typed ?? ledBack ?? attempt?.identifier ?? question.hint;
    const replacement = await replacementIn(pool, { ...question, attempt });
    if (replacement !== undefined) return replacement;
    const base = {
      identifier,
      code: 'sent',
      alternatives: [],
      asked: {},
      naming: [],
      ...deps.accounts.links(pool, question.login, identifier),
    } as const;
    const mechanism = mechanismOf(pool, attempt, deps.kinds);
    if (asksBoth(pool, deps.kinds)) return { kind: 'login', part: { ...base, asks: 'both', mechanism } };
    if (attempt === undefined) {
      const ofAnybody = await askedOfAnybody(pool, { ...question, attempt });
      return { kind: 'login', part: { ...base, asks: 'identifier', mechanism, ...ofAnybody } };
    }
    const kind = deps.kinds.find((one) => one.mechanism === mechanism);
    return {
      kind: 'login',
      part: {
        ...base,
        asks: 'proof',
        identifier: attempt.identifier,
        mechanism,
        alternatives: allowedBy(pool, deps.kinds).filter((one) => one !== mechanism),
        code: attempt.begunAt === undefined ? 'elsewhere' : 'sent',
        asked: await askedBy(kind, pool, question),
      },
    };
  }

  return async (question: FirstFactorQuestion): Promise<FirstFactorAsked> => {
    const { idp } = question;
    const pool = idp.method === 'static' ? undefined : await deps.pools.find(idp.tenantId, idp.poolId);
    if (idp.method === 'static' || pool === undefined)
      return { kind: 'login', part: { ...onList, identifier: question.typed ?? question.hint } };
    const { attempt, ...rest } = question;
    return inPool(pool, { ...rest, attempt: attempt?.idpId === idp.id ? attempt : undefined });
  };
}
