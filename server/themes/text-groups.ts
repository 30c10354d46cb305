/** Texts that data chooses among: each group lists every key a page may ask for, so that boot can miss one. */
import { accountErrands, accountFaults } from './account-pages.ts';
import { approvalEnds, approvalFaults, approvalNotices } from './approval-pages.ts';
import { demoNotices } from './demo-pages.ts';
import { ownFaults, ownNotices } from './own-account-pages.ts';
import { passwordRules } from './password-rules.ts';
import { claimsCalled } from './registration-field.ts';
import { mailPurposes } from './mails.ts';
import type { KindOnPages } from './kind-pages.ts';
import { errorReasons, loginNotices } from './pages.ts';
import type { AwayPage, ConsentLifetime, OwnLoginFault, PasskeyOfferPage } from './pages.ts';
import { signInFaults } from './sign-in-faults.ts';
import { tenantFaults, tenantRolesShown } from './tenant-pages.ts';

const loginFaults = {
  identifier_missing: true,
  identifier_too_long: true,
  too_many_attempts: true,
  form_outdated: true,
  not_accepted: true,
} satisfies Readonly<Record<OwnLoginFault['text'], true>>;

const consentLifetimes = { until_revoked: true, once: true, for: true } satisfies Readonly<
  Record<ConsentLifetime['kind'], true>
>;

const passkeyOfferFaults = { not_accepted: true, passkey_taken: true } satisfies Readonly<
  Record<NonNullable<PasskeyOfferPage['fault']>, true>
>;

const awaySteps = Object.keys({ login: true, more: true, consent: true } satisfies Readonly<
  Record<AwayPage['step'], true>
>);

export type TextGroups = Readonly<Record<string, readonly string[]>>;

/** Prefix → the keys below it, as `{{t (key prefix value)}}` may name them. */
export const textGroupsOf = (kinds: readonly KindOnPages[]): TextGroups => ({
  notice: loginNotices,
  'login.fault': [...Object.keys(loginFaults), ...kinds.flatMap(({ faults }) => faults)],
  'setting.fault': kinds.flatMap(({ setting }) => setting?.faults ?? []),
  'setting.by_link': kinds.flatMap(({ mechanism, setting }) => (setting?.manner === 'made' ? [mechanism] : [])),
  replace: kinds.flatMap(({ mechanism, setting }) => (setting?.replaces === true ? [mechanism] : [])),
  'login.use': kinds.map(({ mechanism }) => mechanism),
  'new_password.rule': passwordRules,
  'away.title': awaySteps,
  'away.lead': awaySteps,
  'away.lost': awaySteps,
  'account.name': ['reset', 'register'],
  'account.code': accountErrands,
  'account.done': accountErrands,
  'account.fault': accountFaults,
  'account.claim': claimsCalled,
  'approvals.notice': approvalNotices,
  'approval.fault': approvalFaults,
  'approval.end': approvalEnds,
  'own.notice': ownNotices,
  'own.fault': ownFaults,
  'own.password_page': ['change', 'set'],
  'passkey_offer.fault': Object.keys(passkeyOfferFaults),
  'consent.lifetime': Object.keys(consentLifetimes),
  error: errorReasons,
  'demo.notice': demoNotices,
  'sign_in.fault': signInFaults,
  'tenants.fault': tenantFaults,
  'console.role': tenantRolesShown,
  'mail.subject': mailPurposes,
  'mail.approval.subject': ['first', 'again'],
  'mail.lead_code': mailPurposes,
  'mail.lead_link': mailPurposes,
  'mail.sms_code': mailPurposes,
});
