/** A password as what a person proves themselves with in a login. */
import type { Clock } from '../../kernel/clock.ts';
import type { Answer, AnswerFault, CredentialKind } from '../credential-kind.ts';
import { isTooLong } from './hasher.ts';
import { verifyPassword, type PasswordVerificationDeps } from './password-verification.ts';

export interface PasswordKindDeps extends PasswordVerificationDeps {
  readonly clock: Clock;
}

/** The form's field: `password`. */
export function createPasswordKind(deps: PasswordKindDeps): CredentialKind {
  const typedIn = ({ password = '' }: Answer): string => password;

  return {
    mechanism: 'password',
    amr: 'pwd',
    isGoodOnce: false,
    wrong: { field: 'password', text: 'wrong_credentials' },
    mustBeReset: { field: 'password', text: 'password_must_be_reset' },

    faultOf(answer): AnswerFault | undefined {
      const password = typedIn(answer);
      if (password === '') return { field: 'password', text: 'password_missing' };
      return isTooLong(password) ? { field: 'password', text: 'password_too_long' } : undefined;
    },

    async verify({ pool, user, identifier }, answer) {
      const place = { tenantId: pool.tenantId, poolId: pool.id };
      const { isRight, credential } = await verifyPassword(deps, place, user?.id, typedIn(answer), identifier);
      if (!isRight || credential === undefined) return { kind: 'wrong' };
      if (credential.state === 'must_be_reset') return { kind: 'must_be_reset' };
      const right = { kind: 'right', mark: String(credential.version) } as const;
      if (credential.expiresAt !== undefined && credential.expiresAt <= deps.clock.now())
        return { ...right, mustReplace: 'expired' };
      return credential.state === 'must_be_changed' ? { ...right, mustReplace: 'must_be_changed' } : right;
    },
  };
}
