/** Passwords as a login asks for them. */
import type { CredentialKind, Holds } from '../credential-kind.ts';
import { longestPasswordBytes } from './hasher.ts';
import type { PasswordCredentialStore, PasswordHasher } from './password.ts';
import { userId } from '../../kernel/ids.ts';

/** An id no user has: looked up for nobody, so that they cost as many queries as somebody. */
const nobody = userId('0'.repeat(32));

export function createPasswordKind(deps: {
  readonly passwords: Pick<PasswordCredentialStore, 'findByUser'>;
  readonly hasher: Pick<PasswordHasher, 'verify'>;
  readonly now: () => number;
}): CredentialKind {
  return {
    mechanism: 'password',
    amr: 'pwd',
    faultOf({ password = '' }) {
      if (password === '') return { field: 'password', text: 'password_missing' };
      return Buffer.byteLength(password) > longestPasswordBytes
        ? { field: 'password', text: 'password_too_long' }
        : undefined;
    },
    async verify({ pool, user }, { password = '' }) {
      const credential = await deps.passwords.findByUser(pool.tenantId, pool.id, user?.id ?? nobody);
      if (!(await deps.hasher.verify(credential?.hash, password)) || credential === undefined) return { kind: 'wrong' };
      const mark = String(credential.version);
      const isExpired = credential.expiresAt !== undefined && credential.expiresAt <= deps.now();
      return { kind: 'right', mark, ...(isExpired ? { mustReplace: 'expired' } : {}) };
    },
  };
}

export function passwordHolds(passwords: Pick<PasswordCredentialStore, 'findByUser'>): Holds {
  return async ({ tenantId, poolId }, user, mark) => {
    const credential = await passwords.findByUser(tenantId, poolId, user);
    return credential !== undefined && String(credential.version) === mark;
  };
}
