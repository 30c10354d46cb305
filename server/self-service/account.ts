/** What people do for their own account in a pool, without anybody's help. */
import type { CreationResponse } from '../credentials/passkey/passkey.body.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Pool } from '../pools/pool.ts';
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
  /** Rules that the password does not follow; the code is still good. */
  | { readonly kind: 'refused'; readonly failed: readonly string[] }
  /** The passkey is not right, or somebody has it; the code is still good. */
  | { readonly kind: 'passkey_refused' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** A passkey that the page had made, and what its challenge is bound to. */
export interface MadePasskey {
  readonly nonce: string;
  readonly response: CreationResponse;
}

/** Whether something was sent is never said. */
export type Asked =
  | { readonly kind: 'asked'; readonly bound: string; readonly userId?: string }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }
  /** Members of the payload that the pool's schema wants otherwise, or wants and did not get. */
  | { readonly kind: 'incomplete'; readonly members: readonly string[] };

export interface AccountService {
  /**
   * Where somebody goes on who is active now, as the link of their message says.
   * @returns undefined where no application of the workspace is there: a link is anybody's to write
   */
  leadsOnTo(at: AccountAt, target: string): Promise<string | undefined>;
  /** Sends a code to a confirmed address of the person, where there is one. */
  requestReset(at: AccountAt, identifier: string): Promise<Asked>;
  /** Sets a password after a code; sessions and refresh tokens from before are worth nothing then. */
  completeReset(at: AccountAt, shown: ShownCode, password: string): Promise<AccountOutcome>;
  /**
   * Makes a person who has still to show that the address is theirs; whoever has it is told instead.
   * @param said of themselves, beside the address
   */
  register(at: AccountAt, address: string, said: User['payload']): Promise<Asked>;
  /**
   * Confirms the address and lets the person sign in.
   * @param password where the pool wants one. @param passkey in its place
   */
  activate(
    at: AccountAt,
    shown: ShownCode,
    password: string | undefined,
    passkey?: MadePasskey,
  ): Promise<AccountOutcome>;
  /** Adds a passkey to who is active already. */
  addPasskey(at: AccountAt, shown: ShownCode, passkey: MadePasskey): Promise<AccountOutcome>;
  /** Confirms an address that was added. */
  verifyAddress(at: AccountAt, shown: ShownCode): Promise<AccountOutcome>;
}

/** What a page asks for beside a code: the person signs in with it from then on. */
export interface CredentialsAsked {
  readonly asksPassword: boolean;
  readonly offersPasskey: boolean;
  /** It is what they came for, or without it they could never sign in. */
  readonly needsPasskey: boolean;
}

export function credentialsAsked({ authenticationMechanisms: allowed }: Pool, errand: AccountErrand): CredentialsAsked {
  if (errand === 'passkey') return { asksPassword: false, offersPasskey: true, needsPasskey: true };
  const isNew = errand === 'register' || errand === 'activate';
  const asksPassword = errand !== 'verify' && allowed.includes('password');
  const offersPasskey = isNew && allowed.includes('webauthn');
  return { asksPassword, offersPasskey, needsPasskey: offersPasskey && !asksPassword && !allowed.includes('otp') };
}

/** Whether people of the pool may do it by themselves. */
export function isOfferedTo({ settings, authenticationMechanisms: allowed }: Pool, errand: AccountErrand): boolean {
  if (errand === 'register') return settings.public_registration_allowed;
  if (errand === 'passkey') return allowed.includes('webauthn');
  if (errand !== 'reset') return true;
  return (
    allowed.includes('password') && !settings.reset_credentials_settings.do_not_allow_users_to_self_reset_credentials
  );
}
