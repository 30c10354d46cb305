/** Passwords that a program has verified: what they came to, at the same cost whoever is asked about. */
import type { Clock } from '../../kernel/clock.ts';
import { PlatformError } from '../../kernel/errors.ts';
import type { PoolId, TenantId, UserId } from '../../kernel/ids.ts';
import type { PoolStore } from '../../pools/pool.ts';
import { identifierForms, typedForm, type IdentifierStore } from '../../users/identifier.ts';
import type { UserStore } from '../../users/user.ts';
import { attemptKey, type PasswordAttempts } from './password-attempts.ts';
import { nobody, verifyPassword, type PasswordVerificationDeps } from './password-verification.ts';
import type { PasswordState } from './password.ts';

/** As published. */
export const verificationResults = [
  'password_correct',
  'password_incorrect',
  'password_expired',
  'no_password',
  'user_not_found',
] as const;
export type VerificationResult = (typeof verificationResults)[number];

export interface VerifiedPassword {
  /** Undefined where nobody is called so, or who is may not sign in. */
  readonly userId: UserId | undefined;
  readonly result: VerificationResult;
  /** Valid where there is none. */
  readonly state: PasswordState;
}

/** Who is asked about: by their id, or by an identifier in any spelling. */
export type Asked = { readonly userId: UserId } | { readonly identifier: string };

export interface PasswordVerifyService {
  /**
   * Whoever may not sign in, as they are not active, is not found: nobody takes them for signed in.
   * @throws PlatformError `not_found` without such a pool, `too_many_requests` after many wrong passwords, `unavailable`
   */
  verify(tenant: TenantId, pool: PoolId, asked: Asked, password: string): Promise<VerifiedPassword>;
}

export interface PasswordVerifyDeps extends PasswordVerificationDeps {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly users: Pick<UserStore, 'find'>;
  readonly identifiers: Pick<IdentifierStore, 'findUser'>;
  readonly attempts: PasswordAttempts;
  readonly clock: Clock;
}

export function createPasswordVerifyService(deps: PasswordVerifyDeps): PasswordVerifyService {
  const { pools, users, identifiers, attempts, clock } = deps;
  return {
    async verify(tenantId, poolId, asked, password) {
      const pool = await pools.find(tenantId, poolId);
      if (pool === undefined) throw new PlatformError('not_found', 'There is no such identity pool.');
      const rule = { caseInsensitive: pool.identifierCaseInsensitive };
      const named = 'userId' in asked ? asked.userId : typedForm(asked.identifier, rule);
      const id =
        'userId' in asked
          ? asked.userId
          : await identifiers.findUser(tenantId, poolId, ...identifierForms(asked.identifier, rule));
      const found = await users.find(tenantId, poolId, id ?? nobody);
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      const user = found !== undefined && found.id === id ? found : undefined;
      const verify = () => verifyPassword(deps, { tenantId, poolId }, user?.id, password, named);
      const key = attemptKey(poolId, user?.id, named);
      const { isRight, credential } = await attempts.count(tenantId, key, verify, (outcome) => outcome.isRight);

      const state = credential?.state ?? 'valid';
      if (user?.status !== 'active') return { userId: undefined, result: 'user_not_found', state: 'valid' };
      const answer = (result: VerificationResult): VerifiedPassword => ({ userId: user.id, result, state });
      if (credential?.hash === undefined || !pool.authenticationMechanisms.includes('password'))
        return answer('no_password');
      if (!isRight) return answer('password_incorrect');
      const { expiresAt } = credential;
      return answer(expiresAt !== undefined && expiresAt <= clock.now() ? 'password_expired' : 'password_correct');
    },
  };
}
