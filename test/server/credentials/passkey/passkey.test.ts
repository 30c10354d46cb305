import assert from 'node:assert/strict';
import { canSpare, passkeyKey } from '../../../../server/credentials/passkey/passkey.ts';

describe('canSpare', () => {
  it('counts what the pool allows, and a passkey where another one is left', () => {
    const every = ['password', 'otp', 'webauthn'];
    assert.equal(canSpare([], 0, every), false);
    assert.equal(canSpare(['webauthn'], 0, every), false);
    assert.equal(canSpare(['webauthn'], 1, every), true);
    assert.equal(canSpare(['webauthn'], 1, ['password']), false);
    for (const way of ['password', 'otp', 'whatever is added']) {
      assert.equal(canSpare([way, 'webauthn'], 0, [way, 'webauthn']), true);
      assert.equal(canSpare([way, 'webauthn'], 0, ['webauthn']), false);
    }
  });
});

describe('passkeyKey', () => {
  it('is short enough for a mark, however long the id', () => {
    assert.equal(passkeyKey('x'.repeat(1364)).length, 43);
    assert.notEqual(passkeyKey('x'), passkeyKey('X'));
  });
});
