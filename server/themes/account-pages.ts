/** Pages on which people look after their own account in a pool: register, activate, set a password anew, confirm an address, add a passkey. */
import type { TenantBrand } from './brand.ts';
import type { SettingPart } from './kind-pages.ts';
import type { RegistrationField } from './registration-field.ts';

/** What a person came for. */
export const accountErrands = ['reset', 'register', 'activate', 'verify', 'passkey'] as const;
export type AccountErrand = (typeof accountErrands)[number];

export const accountFaults = [
  'identifier_missing',
  'address_missing',
  'identifier_too_long',
  'address_malformed',
  'registration_incomplete',
  'code_missing',
  'code_wrong',
  'link_dead',
  'too_many_attempts',
] as const;
export type AccountFault = (typeof accountFaults)[number];

/** Asks whose account it is. */
export interface AccountNamePage {
  readonly tenant: TenantBrand;
  readonly errand: 'reset' | 'register';
  readonly action: string;
  readonly identifier: string;
  /** What else is asked of who registers. */
  readonly fields: readonly RegistrationField[];
  /** Some of them are marked. */
  readonly hasFaultyFields?: boolean;
  readonly fault?: AccountFault | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** The login that waits. */
  readonly backHref?: string | undefined;
}

/** Asks for the code of a message, for what the person signs in with, or for both; a link brings its code along. */
export interface AccountCodePage {
  readonly tenant: TenantBrand;
  readonly errand: AccountErrand;
  readonly action: string;
  /** Known to this page alone: the form that is sent twice is answered twice. */
  readonly nonce: string;
  /** Of a link; undefined where it is typed. */
  readonly linkCode?: string | undefined;
  /** As it was typed, where something else was wrong; empty otherwise. */
  readonly code: string;
  /** Where no link brings it, unless only a link leads on. */
  readonly asksCode: boolean;
  /** For password managers; empty where a link does not say it. */
  readonly identifier: string;
  /** What the person signs in with from then on, as its kind asks for it. */
  readonly typed?: SettingPart | undefined;
  /** Each by a press of its own, in place of what is typed. */
  readonly made: readonly SettingPart[];
  /** There is no other way to sign in. */
  readonly needsMade: boolean;
  /** The kind that only the link of a message leads to. */
  readonly byLink?: string | undefined;
  /** One of the parts tells of a fault. */
  readonly isRefused: boolean;
  readonly fault?: AccountFault | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** Where another message is asked for. */
  readonly againHref?: string | undefined;
  readonly backHref?: string | undefined;
}

export interface AccountDonePage {
  readonly tenant: TenantBrand;
  readonly errand: AccountErrand;
  readonly continueHref?: string | undefined;
  /** Where they look after their account, in the workspace that sent them. */
  readonly accountHref?: string | undefined;
}

export interface AccountPages {
  readonly 'account-name': AccountNamePage;
  readonly 'account-code': AccountCodePage;
  readonly 'account-done': AccountDonePage;
}
