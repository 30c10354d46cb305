/** Pages on which somebody who is signed in looks after their account: passkeys, password, addresses. */
import type { TenantBrand } from './brand.ts';
import type { PasswordRuleShown } from './password-rules.ts';

/** What was done just now. */
export const ownNotices = [
  'password_changed',
  'password_set',
  'passkey_added',
  'passkey_renamed',
  'passkey_removed',
] as const;
export type OwnNotice = (typeof ownNotices)[number];

export const ownFaults = [
  'form_outdated',
  'old_password_missing',
  'old_password_wrong',
  'old_password_must_be_reset',
  'password_missing',
  'password_too_long',
  'password_refused',
  'too_many_attempts',
  'passkey_missing',
  'passkey_refused',
  'passkey_taken',
  'name_missing',
  'name_too_long',
  'last_way_in',
] as const;
export type OwnFault = (typeof ownFaults)[number];

interface OwnFrame {
  readonly tenant: TenantBrand;
}

/** A page that changes one thing. Its form is posted to where the page is. */
interface OwnForm extends OwnFrame {
  readonly action: string;
  readonly nonce: string;
  readonly backHref: string;
  readonly fault?: OwnFault | undefined;
}

export interface PasskeyShown {
  /** Empty where its person calls it nothing. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly lastUsedAt: number | undefined;
}

/** What is known of the account, and the ways to change it. */
export interface OwnAccountPage extends OwnFrame {
  readonly person: string;
  readonly notice?: OwnNotice | undefined;
  /** False for somebody whom another system knows: there is nothing here to look after. */
  readonly isKept: boolean;
  /** Undefined where people of the pool have none. */
  readonly passkeys:
    | {
        readonly list: readonly (PasskeyShown & { readonly href: string })[];
        /** Undefined for who has as many as they may. */
        readonly addHref: string | undefined;
      }
    | undefined;
  /** Undefined where people of the pool have none. */
  readonly password:
    | {
        readonly isSet: boolean;
        /** Milliseconds since the epoch. */
        readonly changedAt: number | undefined;
        readonly href: string;
      }
    | undefined;
  /** What they may type to say who they are. */
  readonly identifiers: readonly string[];
  readonly addresses: readonly {
    readonly value: string;
    readonly isVerified: boolean;
    /** Where it is confirmed; undefined where it is, or nothing can be sent to it. */
    readonly href: string | undefined;
  }[];
  readonly signOutAction: string;
}

/** Posts `old_password` where there is one, and `password`. */
export interface OwnPasswordPage extends OwnForm {
  readonly errand: 'change' | 'set';
  /** For password managers. */
  readonly identifier: string;
  readonly rules: readonly PasswordRuleShown[];
  /** Where it is set by a code instead. */
  readonly resetHref: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** Posts `name`, and what the browser's authenticator made. */
export interface OwnPasskeyNewPage extends OwnForm {
  /** What the browser asks an authenticator to make (WebAuthn §5.4), as JSON. */
  readonly options: string;
  /** Kept from the last try. */
  readonly typed: string;
}

/** Posts `name`. */
export interface OwnPasskeyPage extends OwnForm {
  readonly passkey: PasskeyShown;
  readonly typed: string;
  readonly removeHref: string;
}

/** Posts nothing but that it is wanted. */
export interface OwnPasskeyRemovePage extends OwnForm {
  readonly passkey: PasskeyShown;
  /** False for the last way in: then there is no form. */
  readonly canBeRemoved: boolean;
}

/** Posts that a code is to be sent. */
export interface OwnAddressPage extends OwnForm {
  readonly address: string;
  readonly retryAfterSeconds?: number | undefined;
}

export interface OwnAccountPages {
  readonly 'own-account': OwnAccountPage;
  readonly 'own-password': OwnPasswordPage;
  readonly 'own-passkey-new': OwnPasskeyNewPage;
  readonly 'own-passkey': OwnPasskeyPage;
  readonly 'own-passkey-remove': OwnPasskeyRemovePage;
  readonly 'own-address': OwnAddressPage;
}
