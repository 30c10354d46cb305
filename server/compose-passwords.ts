/** The composition root's fifth part: all that is done with passwords, whoever asks for it. */
import { createPasswordAttempts } from './credentials/password/password-attempts.ts';
import { createPolicyCheck } from './credentials/password/password-policy.ts';
import { createPasswordService, type PasswordStores } from './credentials/password/password.service.ts';
import { createStrengthMeter } from './credentials/password/password-strength.ts';
import {
  createPasswordVerifyService,
  type PasswordVerifyDeps,
} from './credentials/password/password-verify.service.ts';
import type { PasswordHasher } from './credentials/password/password.ts';
import type { ThrottleStore } from './interactions/throttle.ts';
import { systemClock as clock } from './kernel/clock.ts';
import type { UnitOfWork } from './kernel/unit-of-work.ts';

interface Parts {
  /** Outside of any transaction. */
  readonly stores: Omit<PasswordVerifyDeps, 'hasher' | 'attempts' | 'clock'> & { readonly throttle: ThrottleStore };
  readonly unitOfWork: UnitOfWork<PasswordStores>;
  readonly hasher: PasswordHasher;
}

export function composePasswords(parts: Parts) {
  const { stores, unitOfWork, hasher } = parts;
  const { passwords } = stores;
  const strength = createStrengthMeter();
  const policy = createPolicyCheck({ hasher, strengthOf: strength.strengthOf });
  const attempts = createPasswordAttempts({ throttle: stores.throttle, clock });
  return {
    policy,
    service: createPasswordService({ unitOfWork, passwords, hasher, policy, attempts, clock }),
    verifier: createPasswordVerifyService({ ...stores, hasher, attempts, clock }),
    close: strength.close,
  };
}
