import assert from 'node:assert/strict';
import { verifyPassword } from '../../../../server/credentials/password/password-verification.ts';
import type { PasswordCredential } from '../../../../server/credentials/password/password.ts';
import { PlatformError } from '../../../../server/kernel/errors.ts';
import { credentialId, poolId, tenantId, userId } from '../../../../server/kernel/ids.ts';
import { cheapHasher, foreignHash } from '../../../support/passwords.ts';

const place = { tenantId: tenantId('acme'), poolId: poolId('people') };
const ada = userId('ada');
const credential: PasswordCredential = {
  id: credentialId('c'),
  userId: ada,
  hash: foreignHash,
  version: 1,
  expiresAt: undefined,
  state: 'valid',
  createdAt: undefined,
  updatedAt: undefined,
};

describe('verifyPassword', () => {
  it('loses to a change that came while the hash was made anew', async () => {
    let stored = credential.hash;
    const { hasher } = cheapHasher();
    const passwords = {
      findByUser: () => Promise.resolve(credential),
      formsOf: () => Promise.resolve([]),
      rehash: (_tenant: unknown, _pool: unknown, _user: unknown, from: string, to: string) => {
        const isSame = stored === from;
        if (isSame) stored = to;
        return Promise.resolve(isSame);
      },
    };
    const hash = (password: string) => {
      stored = 'changed meanwhile';
      return hasher.hash(password);
    };
    const outcome = await verifyPassword({ passwords, hasher: { ...hasher, hash } }, place, ada, 'U*U', 'ada');
    assert.deepEqual(outcome, { isRight: true, credential });
    assert.equal(stored, 'changed meanwhile');
  });

  it('lets in who is right, though there is no time to make the hash anew', async () => {
    const { hasher } = cheapHasher();
    const passwords = {
      findByUser: () => Promise.resolve(credential),
      formsOf: () => Promise.resolve([]),
      rehash: () => Promise.reject(new Error('nothing was hashed')),
    };
    const hash = () => Promise.reject(new PlatformError('unavailable', 'Too many people are signing in.'));
    const { isRight } = await verifyPassword({ passwords, hasher: { ...hasher, hash } }, place, ada, 'U*U', 'ada');
    assert.equal(isRight, true);
  });
});
