/** What people do for their own account in a pool, without anybody's help. */
import type { CredentialKind } from '../credentials/credential-kind.ts';
import type { CredentialSetting, GivenCredential, SettingFault } from '../credentials/credential-setting.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import { preferredMechanism, type Mechanism, type Pool } from '../pools/pool.ts';
import type { User } from '../users/user.ts';
import type { AccountErrand } from '../themes/account-pages.ts';

export type { AccountErrand } from '../themes/account-pages.ts';

/** The last segment of each page's path, as published. */
export const pathOf = {
  reset: 'reset_password',
  register: 'register',
  activate: 'activate',
  verify: 'verify',
  passkey: 'set_webauthn',
} as const;

/** Where somebody asks from, and in whose name they are written to. */
export interface AccountAt {
  readonly pool: Pool;
  /** Whose application sent them; its name stands in messages. */
  readonly workspaceId: WorkspaceId | undefined;
  readonly locale: string;
  /** The client's address in the form that throttling counts by. */
  readonly address: string;
  /** What the browser says of who signed in from it before. */
  readonly deviceCookie?: string | undefined;
}

/** A code from a message: typed beside an identifier, or an extended one of a link, which says by itself whose it is. */
export interface ShownCode {
  readonly code: string;
  readonly identifier?: string | undefined;
  /** Of who registered just now, and is called by nothing yet. */
  readonly userId?: string | undefined;
  /** What the code was asked for by: see `CodePlace`. Left out for the code of a link. */
  readonly bound?: string | undefined;
  /** What this form, filled in so, is known by where it comes once more: see `CodeGuess.by`. */
  readonly by?: string | undefined;
}

export type AccountOutcome =
  /** @see `deviceCookie` where it shows that the browser is theirs */
  | { readonly kind: 'done'; readonly deviceCookie?: string }
  /** Not that code, not any more, or nobody's. */
  | { readonly kind: 'wrong' }
  /** What was given is not taken; the code is still good. */
  | { readonly kind: 'refused'; readonly fault: SettingFault }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** Whether something was sent is never said. */
export type Asked =
  | { readonly kind: 'asked'; readonly bound: string; readonly userId?: string }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }
  /** Members of the payload that the pool's schema wants otherwise, or wants and did not get. */
  | { readonly kind: 'incomplete'; readonly members: readonly string[] };

/** @typeParam Stores of the transaction that spends a code, where kinds of credentials write as well */
export interface AccountService<Stores> {
  /**
   * Where somebody goes on who is active now, as the link of their message says.
   * @returns undefined where no application of the workspace is there: a link is anybody's to write
   */
  leadsOnTo(at: AccountAt, target: string): Promise<string | undefined>;
  /** Sends a code to a confirmed address of the person, where there is one. */
  requestReset(at: AccountAt, identifier: string): Promise<Asked>;
  /** Sets a password after a code; sessions and refresh tokens from before are worth nothing then. */
  completeReset(
    at: AccountAt,
    shown: ShownCode,
    password: string,
    given: Pick<GivenCredential<Stores>, 'faultIn'>,
  ): Promise<AccountOutcome>;
  /**
   * Makes a person who has still to show that the address is theirs; whoever has it is told instead.
   * @param said of themselves, beside the address
   */
  register(at: AccountAt, address: string, said: User['payload']): Promise<Asked>;
  /**
   * Confirms the address and lets the person sign in.
   * @param given by which they sign in from then on, where the page asked for something
   */
  activate(at: AccountAt, shown: ShownCode, given: GivenCredential<Stores> | undefined): Promise<AccountOutcome>;
  /** Adds a passkey to who is active already. */
  addPasskey(at: AccountAt, shown: ShownCode, given: GivenCredential<Stores>): Promise<AccountOutcome>;
  /** Confirms an address that was added. */
  verifyAddress(at: AccountAt, shown: ShownCode): Promise<AccountOutcome>;
}

/** A kind of credential that pages give people. */
export type SettableKind<Stores> = Pick<CredentialKind<Stores>, 'mechanism'> & {
  readonly setting: CredentialSetting<Stores>;
};

/** What a page asks for beside a code: the person signs in with it from then on. */
export interface CredentialsAsked<Stores> {
  readonly typed: SettableKind<Stores> | undefined;
  /** Each in the place of what is typed. */
  readonly made: readonly SettableKind<Stores>[];
  /** One of them is what they came for, or without it they could never sign in. */
  readonly needsMade: boolean;
}

/** Errands that are, as published, about one kind of credential. */
const errandsOfKinds: Partial<Record<AccountErrand, Mechanism>> = { reset: 'password', passkey: 'webauthn' };

const isSettable = <Stores>(kind: CredentialKind<Stores>): kind is CredentialKind<Stores> & SettableKind<Stores> =>
  kind.setting !== undefined;

/** Of what is typed one kind is asked for, the one that people are offered first; of what is made each. */
export function credentialsAsked<Stores>(
  pool: Pool,
  errand: AccountErrand,
  kinds: readonly CredentialKind<Stores>[],
): CredentialsAsked<Stores> {
  const { authenticationMechanisms: allowed } = pool;
  const settable = kinds.filter(isSettable).filter(({ mechanism }) => allowed.includes(mechanism));
  const own = errandsOfKinds[errand];
  if (own !== undefined) {
    const asked = settable.filter(({ mechanism }) => mechanism === own);
    const made = asked.filter(({ setting }) => setting.manner === 'made');
    return { typed: asked.find(({ setting }) => setting.manner === 'typed'), made, needsMade: made.length > 0 };
  }
  const isNew = errand === 'register' || errand === 'activate';
  const offered = isNew ? settable.filter(({ setting }) => setting.isForNewcomers) : [];
  const inOrder = [preferredMechanism(pool), ...allowed];
  const typed = offered.filter(({ setting }) => setting.manner === 'typed');
  const first = inOrder.flatMap((one) => typed.find(({ mechanism }) => mechanism === one) ?? [])[0];
  const made = offered.filter(({ setting }) => setting.manner === 'made');
  const isFree = kinds.some(({ mechanism, comesWithAddress }) => comesWithAddress && allowed.includes(mechanism));
  return { typed: first, made, needsMade: made.length > 0 && first === undefined && !isFree };
}

/** Whether people of the pool may do it by themselves. */
export function isOfferedTo({ settings, authenticationMechanisms: allowed }: Pool, errand: AccountErrand): boolean {
  const own = errandsOfKinds[errand];
  if (own !== undefined && !allowed.includes(own)) return false;
  if (errand === 'register') return settings.public_registration_allowed;
  return errand !== 'reset' || !settings.reset_credentials_settings.do_not_allow_users_to_self_reset_credentials;
}
