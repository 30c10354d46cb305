/** Texts that data chooses among: each group lists every key a page may ask for, so that boot can miss one. */
import { demoNotices } from './demo-pages.ts';
import { mailPurposes } from './mails.ts';
import { errorReasons, loginNotices } from './pages.ts';
import type { ConsentLifetime, LoginFault } from './pages.ts';
import { signInFaults } from './sign-in-faults.ts';
import { tenantFaults, tenantRolesShown } from './tenant-pages.ts';

const loginFaults = {
  identifier_missing: true,
  identifier_too_long: true,
  password_missing: true,
  password_too_long: true,
  wrong_credentials: true,
  password_expired: true,
  too_many_attempts: true,
  form_outdated: true,
  not_accepted: true,
} satisfies Readonly<Record<LoginFault['text'], true>>;

const consentLifetimes = { until_revoked: true, once: true, for: true } satisfies Readonly<
  Record<ConsentLifetime['kind'], true>
>;

/** Prefix → the keys below it, as `{{t (key prefix value)}}` may name them. */
export const textGroups: Readonly<Record<string, readonly string[]>> = {
  notice: loginNotices,
  'login.fault': Object.keys(loginFaults),
  'consent.lifetime': Object.keys(consentLifetimes),
  error: errorReasons,
  'demo.notice': demoNotices,
  'sign_in.fault': signInFaults,
  'tenants.fault': tenantFaults,
  'console.role': tenantRolesShown,
  'mail.subject': mailPurposes,
  'mail.lead_code': mailPurposes,
  'mail.lead_link': mailPurposes,
  'mail.sms_code': mailPurposes,
};
