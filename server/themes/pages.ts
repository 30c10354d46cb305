/** What every page shows: one map from a page's name to its data, so that a missing datum does not compile. */
import type { AccountPages } from './account-pages.ts';
import type { ApiDocsPage } from './api-docs-page.ts';
import type { ApplicationBrand, TenantBrand } from './brand.ts';
import type { FieldFault, SettingPart } from './kind-pages.ts';
import type { DemoPages } from './demo-pages.ts';
import type { ApprovalPages } from './approval-pages.ts';
import type { OperatorPage } from './operator-page.ts';
import type { OwnAccountPages } from './own-account-pages.ts';
import type { SignInFaultShown } from './sign-in-faults.ts';
import type { ConsolePage, MailboxPage, TenantChoicePage, TenantReminderPage } from './tenant-pages.ts';

interface InTenant {
  readonly tenant: TenantBrand;
}

/** A page nobody can go on from without help: operations find the log lines by this reference. */
interface DeadEnd {
  readonly tenant?: TenantBrand | undefined;
  readonly reference: string;
}

/** The hidden fields and address of a form whose nonce proves that the page was ours. */
interface NonceForm {
  /** Where the form is posted to. */
  readonly action: string;
  /** Sent as `nonce`, in this form and in the one that cancels. */
  readonly nonce: string;
}

/** A POST, with `nonce`, that answers `access_denied` to the application. */
interface Cancellable {
  readonly cancelAction: string;
}

/** A way to prove who one is, among others. */
interface IdpLink {
  readonly name: string;
  readonly href: string;
  readonly logoUri?: string | undefined;
}

export const loginNotices = [
  'step_passed',
  'stale_factor',
  'lost_answer',
  'proof_void',
  'signed_out',
  'code_sent',
  'password_changed',
  'account_active',
] as const;
export type LoginNotice = (typeof loginNotices)[number];

export type OwnLoginFault =
  | { readonly field: 'identifier'; readonly text: 'identifier_missing' | 'identifier_too_long' }
  | { readonly field: 'form'; readonly text: 'too_many_attempts'; readonly retryAfterSeconds: number }
  | { readonly field: 'form'; readonly text: 'form_outdated' | 'not_accepted' };

/** What a page of a login says of an answer: itself, or the kind of credential that it asks for (`KindOnPages`). */
export type LoginFault = OwnLoginFault | FieldFault;

export interface LoginPage extends InTenant, NonceForm, Cancellable {
  readonly application: ApplicationBrand;
  /** `both` on one page where there is one way; otherwise who it is first, and then the proof. */
  readonly asks: 'both' | 'identifier' | 'proof';
  /** The published name of the way that is asked for. */
  readonly mechanism: string;
  /** What was typed before, kept. */
  readonly identifier?: string | undefined;
  /** Ways that are one press away, beside `mechanism`. */
  readonly alternatives: readonly string[];
  /** Of a code: whether one may be on its way, or is to be sent to another address. */
  readonly code: 'sent' | 'elsewhere';
  /**
   * What kinds of credentials show beyond the identifier, each for its own partial. `passkey`: what the browser asks an
   * authenticator for (WebAuthn §5.5), as JSON.
   */
  readonly asked: Readonly<Record<string, unknown>>;
  /** Those whose answers say by themselves whose they are, while nobody has said it. */
  readonly naming: readonly string[];
  readonly forgotHref?: string | undefined;
  readonly registerHref?: string | undefined;
  readonly fault?: LoginFault | undefined;
  readonly notice?: LoginNotice | undefined;
  readonly otherIdps: readonly IdpLink[];
  /** The person whose session is asked to prove itself again (`prompt=login`, `max_age`). */
  readonly reauthenticate?: { readonly name: string } | undefined;
}

/** In place of a credential that was right and is not good any more. */
export interface ReplacementPage extends InTenant, NonceForm, Cancellable {
  readonly application: ApplicationBrand;
  readonly why: 'expired' | 'must_be_changed';
  /** For password managers, which keep the new one under it. */
  readonly identifier: string;
  readonly part: SettingPart;
}

/** Offers a passkey for the next time; `not_now` leaves it. */
export interface PasskeyOfferPage extends InTenant, NonceForm, Cancellable {
  readonly application: ApplicationBrand;
  /** What the browser asks an authenticator to make (WebAuthn §5.4), as JSON; undefined where it is too late. */
  readonly options?: string | undefined;
  readonly fault?: 'not_accepted' | 'passkey_taken' | undefined;
}

/** The person was sent to an integrator's page, and is back here without what they were to bring. */
export interface AwayPage extends InTenant, NonceForm, Cancellable {
  readonly application: ApplicationBrand;
  /** What they are to do there. */
  readonly step: 'login' | 'more' | 'consent';
  /** Of the page. */
  readonly name: string;
  /** Where they go on; undefined where they have to begin there anew, which the form does. */
  readonly href?: string | undefined;
  /** How long they are waited for. */
  readonly leftSeconds: number;
  /** Other ways to prove who they are. */
  readonly otherIdps: readonly IdpLink[];
}

/** A script decides, and nobody has to do anything: the page asks again by itself. */
export interface WaitingPage extends InTenant, Cancellable {
  readonly application: ApplicationBrand;
  /** For the form that cancels. */
  readonly nonce: string;
  /** Until it goes on; left out while it is at work. */
  readonly leftSeconds?: number | undefined;
  /** Where people have to approve: how many have, of how many. */
  readonly approval?: { readonly approved: number; readonly quorum: number } | undefined;
  /** The login's address, for whoever does not want to wait for the page. */
  readonly continueHref: string;
}

export interface ChooseIdpPage extends InTenant, Cancellable {
  readonly application: ApplicationBrand;
  /** For the form that cancels. */
  readonly nonce: string;
  readonly idps: readonly IdpLink[];
}

/** A plugin's step: its fragment stands inside our form, below our heading. */
export interface StepPage extends InTenant, NonceForm, Cancellable {
  readonly application: ApplicationBrand;
  readonly title: string;
  /** The file `{template}.hbs` of the plugin `owner`, drawn with `data` and, as `errors`, the member below. */
  readonly fragment: {
    readonly owner: string;
    readonly template: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
  /** Messages by field; empty the first time. */
  readonly errors: Readonly<Record<string, string>>;
}

export interface ConsentScope {
  /** Posted as `scope`, once for each box that is ticked. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  /** Cannot be refused on its own: shown without a box, posted always. */
  readonly required: boolean;
  /** Whether the box is ticked at first. */
  readonly checked: boolean;
}

/** Scopes that give access to one service; those of none stand first. */
export interface ConsentScopeGroup {
  readonly service?: string | undefined;
  readonly scopes: readonly ConsentScope[];
}

export type ConsentLifetime =
  | { readonly kind: 'until_revoked' }
  | { readonly kind: 'once' }
  /** Seconds from the decision. */
  | { readonly kind: 'for'; readonly seconds: number };

/** Two buttons of equal weight: `decision=allow` and `decision=deny`. */
export interface ConsentPage extends InTenant, NonceForm {
  readonly application: ApplicationBrand & {
    readonly uri?: string | undefined;
    readonly policyUri?: string | undefined;
    readonly tosUri?: string | undefined;
  };
  readonly person: { readonly name: string };
  /** A POST, with `nonce`, that starts the login over for somebody else. */
  readonly notYouAction: string;
  readonly groups: readonly ConsentScopeGroup[];
  /** Whether any of them can be refused by itself. */
  readonly hasChoice: boolean;
  readonly lifetime: ConsentLifetime;
  /** Where consents are taken back; without it the page says whom to ask. */
  readonly takeBackHref?: string | undefined;
  readonly notice?: LoginNotice | undefined;
}

export const errorReasons = [
  'request_invalid',
  'application_unknown',
  'application_inactive',
  'address_not_registered',
  'no_way_to_sign_in',
  'form_outdated',
  'too_many_requests',
  'logout_failed',
  'script_failed',
  'internal',
] as const;
export type ErrorReason = (typeof errorReasons)[number];

export interface ErrorPage extends DeadEnd {
  readonly reason: ErrorReason;
  /** In the protocol's words, for whoever built the application; folded away. */
  readonly technical?: { readonly code: string; readonly description?: string | undefined } | undefined;
  readonly back?: { readonly name: string; readonly href: string } | undefined;
}

/** A login that cannot go on here; `startAgainHref` is the application's own way to begin. */
interface StoppedPage extends DeadEnd {
  readonly application?: ApplicationBrand | undefined;
  readonly startAgainHref?: string | undefined;
}

export interface FinishedPage extends DeadEnd {
  readonly application?: ApplicationBrand | undefined;
  /** The application, or the engine's resume address while it still answers. */
  readonly continueHref?: string | undefined;
}

export interface UnavailablePage extends DeadEnd {
  /** Asked again by GET: nothing that was typed is sent a second time. */
  readonly retryHref: string;
  readonly retryAfterSeconds: number;
}

export interface StaleStepPage extends DeadEnd {
  /** The login's address: shows the step the person is really at. */
  readonly continueHref: string;
}

export interface SignedOutPage {
  readonly tenant?: TenantBrand | undefined;
  readonly application?: { readonly name: string; readonly href?: string | undefined } | undefined;
}

/** Two buttons: `logout=yes` signs out, the other one posts no `logout` and keeps the session. */
export interface ConfirmLogoutPage extends InTenant {
  /** As `parseLogoutForm` reads it from the engine's HTML. */
  readonly form: { readonly action: string; readonly xsrf: string };
  readonly application?: { readonly name: string } | undefined;
}

export interface PageData extends DemoPages, AccountPages, OwnAccountPages, ApprovalPages {
  readonly login: LoginPage;
  readonly 'choose-idp': ChooseIdpPage;
  readonly replacement: ReplacementPage;
  readonly 'passkey-offer': PasskeyOfferPage;
  readonly away: AwayPage;
  readonly waiting: WaitingPage;
  readonly step: StepPage;
  readonly consent: ConsentPage;
  readonly error: ErrorPage;
  /** The login's time is over. */
  readonly expired: StoppedPage;
  /** An operator ended the login. */
  readonly stopped: StoppedPage;
  /** The login was begun in another browser, or its cookie is gone. */
  readonly elsewhere: StoppedPage;
  readonly finished: FinishedPage;
  readonly unavailable: UnavailablePage;
  readonly 'stale-step': StaleStepPage;
  readonly 'confirm-logout': ConfirmLogoutPage;
  readonly 'signed-out': SignedOutPage;
  readonly 'not-found': DeadEnd;
  /** The address is not served here (421). */
  readonly misdirected: DeadEnd;
  readonly operator: OperatorPage;
  readonly 'api-docs': ApiDocsPage;
  readonly 'tenant-choice': TenantChoicePage;
  readonly 'tenant-reminder': TenantReminderPage;
  /** The same whether a mail was sent or not. */
  readonly 'tenant-reminder-sent': Readonly<Record<string, never>>;
  readonly console: ConsolePage;
  readonly 'sign-in-error': SignInFaultShown & InTenant;
  readonly mailbox: MailboxPage;
}

export type PageName = keyof PageData;
