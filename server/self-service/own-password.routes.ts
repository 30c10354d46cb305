/** `/{tid}/{aid}/account/password`: changing one's password by the old one, or setting the first. */
import { longestPasswordBytes } from '../credentials/password/hasher.ts';
import type { PasswordService } from '../credentials/password/password.service.ts';
import { failedRulesIn } from '../credentials/password/rules-shown.ts';
import { isPlatformError } from '../kernel/errors.ts';
import { leave } from '../relying-party/sign-in.ts';
import type { Pool } from '../pools/pool.ts';
import type { OwnFault } from '../themes/own-account-pages.ts';
import type { PasswordRuleShown } from '../themes/password-rules.ts';
import { signInName } from './own-account-view.ts';
import type { OwnPlaces } from './own-place.routes.ts';
import type { OwnChange, OwnFields, OwnPage } from './own-visit.routes.ts';

export interface OwnPasswordDeps {
  readonly service: Pick<PasswordService, 'change' | 'set'>;
  readonly rulesOf: (pool: Pool, failed: readonly string[], isFirst: boolean) => readonly PasswordRuleShown[];
  /** Where it is set by a code, for who has forgotten it. */
  readonly resetHref: (pool: Pool, workspace: string) => string | undefined;
  readonly draw: OwnPlaces['draw'];
}

interface Said {
  readonly fault: OwnFault;
  readonly failed?: readonly string[];
  readonly retryAfterSeconds?: number | undefined;
}

const pointer = '/password';
const hasPassword = ({ profile }: OwnChange): boolean => profile.details.password?.hash !== undefined;
const isAllowed = ({ profile }: OwnChange): boolean => profile.pool.authenticationMechanisms.includes('password');

export function ownPasswordPage({ service, rulesOf, resetHref, draw }: OwnPasswordDeps): OwnPage {
  const show = (change: OwnChange, said?: Said): Promise<void> => {
    const { req, res, place, profile, nonce } = change;
    const { pool, details } = profile;
    if (!isAllowed(change)) {
      leave(res, place.base);
      return Promise.resolve();
    }
    const retryAfterSeconds = said?.retryAfterSeconds;
    if (retryAfterSeconds !== undefined) res.set('Retry-After', String(retryAfterSeconds));
    draw(change, statusOf(said?.fault), 'own-password', {
      tenant: place.tenant,
      action: req.path,
      nonce,
      backHref: place.base,
      fault: said?.fault,
      retryAfterSeconds,
      errand: hasPassword(change) ? 'change' : 'set',
      identifier: signInName(details),
      rules: rulesOf(pool, said?.failed ?? [], !hasPassword(change)),
      resetHref: resetHref(pool, place.workspaceId),
    });
    return Promise.resolve();
  };

  const write = async (change: OwnChange, { old_password: old, password }: OwnFields): Promise<void> => {
    const { profile, place, at } = change;
    const owner = { tenantId: place.tenantId, poolId: profile.pool.id, userId: profile.details.user.id };
    if (hasPassword(change)) await service.change(owner, { old, new: password, pointer, maySendAgain: true });
    else await service.set(at, { password, pointer });
  };

  return {
    form: () => 'password',
    show,
    async take(change, fields) {
      const fault = isAllowed(change) ? faultOf(change, fields) : 'form_outdated';
      if (fault !== undefined) {
        await show(change, { fault });
        return;
      }
      const isChange = hasPassword(change);
      try {
        await write(change, fields);
      } catch (error) {
        const said = saidOf(error);
        if (said === undefined) throw error;
        await show(change, said);
        return;
      }
      change.done(isChange ? 'password_changed' : 'password_set');
    },
  };
}

function faultOf(change: OwnChange, { old_password: old, password }: OwnFields): OwnFault | undefined {
  if (hasPassword(change) && old === '') return 'old_password_missing';
  if (password === '') return 'password_missing';
  return Buffer.byteLength(password) > longestPasswordBytes ? 'password_too_long' : undefined;
}

/** @returns undefined for what the person can do nothing about */
function saidOf(error: unknown): Said | undefined {
  const failed = failedRulesIn(error);
  if (failed !== undefined) return { fault: 'password_refused', failed };
  if (isPlatformError(error, 'unauthorized')) return { fault: 'old_password_wrong' };
  if (isPlatformError(error, 'too_many_requests'))
    return { fault: 'too_many_attempts', retryAfterSeconds: error.retryAfterSeconds ?? 60 };
  if (isPlatformError(error, 'forbidden')) return { fault: 'old_password_must_be_reset' };
  if (isPlatformError(error, 'conflict') || isPlatformError(error, 'unprocessable_entity'))
    return { fault: 'form_outdated' };
  return undefined;
}

function statusOf(fault: OwnFault | undefined): number {
  if (fault === undefined) return 200;
  return fault === 'too_many_attempts' ? 429 : 422;
}
