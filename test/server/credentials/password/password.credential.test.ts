/** Whether a password lets anybody in: not without its hash, not while it is to be reset, and not who is called nothing. */
import assert from 'node:assert/strict';
import { keptPassword } from '../../../../server/credentials/password/password.credential.ts';
import type { PasswordCredential } from '../../../../server/credentials/password/password.ts';
import { credentialId, poolId, tenantId, userId } from '../../../../server/kernel/ids.ts';

const holder = { tenantId: tenantId('acme'), poolId: poolId('people'), id: userId('ada') };
const stored: PasswordCredential = {
  ...{ id: credentialId('c1'), userId: holder.id, hash: 'a hash', version: 1, expiresAt: 1, state: 'valid' },
  ...{ createdAt: undefined, updatedAt: undefined },
};
const isWayIn = (credential: PasswordCredential | undefined, isCalled = true): Promise<boolean> =>
  keptPassword({ findByUser: () => Promise.resolve(credential) }).isWayIn(holder, isCalled);

describe('keptPassword', () => {
  it('is a way in while it can prove somebody, expired or not', async () => {
    assert.equal(await isWayIn(stored), true);
    assert.equal(await isWayIn({ ...stored, state: 'must_be_changed' }), true);
    assert.equal(await isWayIn(undefined), false);
    assert.equal(await isWayIn({ ...stored, hash: undefined }), false);
    assert.equal(await isWayIn({ ...stored, state: 'must_be_reset' }), false);
  });

  it('is none of who has nothing to type beside it', async () => {
    assert.equal(await isWayIn(stored, false), false);
  });
});
