import assert from 'node:assert/strict';
import { hasWayIn, passkeyKey, waysInOf } from '../../../../server/credentials/passkey/passkey.ts';

describe('hasWayIn', () => {
  const none = { hasPassword: false, hasAddress: false, passkeys: 0 };

  it('counts what the pool allows, and nothing else', () => {
    const every = ['password', 'otp', 'webauthn'] as const;
    assert.equal(hasWayIn(none, every), false);
    for (const [mine, mechanism] of [
      [{ ...none, hasPassword: true }, 'password'],
      [{ ...none, hasAddress: true }, 'otp'],
      [{ ...none, passkeys: 1 }, 'webauthn'],
    ] as const) {
      assert.equal(hasWayIn(mine, [mechanism]), true);
      assert.equal(
        hasWayIn(
          mine,
          every.filter((one) => one !== mechanism),
        ),
        false,
      );
    }
  });
});

describe('waysInOf', () => {
  it('counts no password, and no address, of who is called nothing', () => {
    const has = {
      password: { hash: 'a hash', state: 'valid' },
      addresses: [{ verifiedAt: 1, status: 'active' }],
      passkeys: [],
    } as const;
    assert.deepEqual(waysInOf({ ...has, identifiers: [] }), { hasPassword: false, hasAddress: false, passkeys: 0 });
    assert.deepEqual(waysInOf({ ...has, identifiers: ['ada'] }), { hasPassword: true, hasAddress: true, passkeys: 0 });
  });
});

describe('passkeyKey', () => {
  it('is short enough for a mark, however long the id', () => {
    assert.equal(passkeyKey('x'.repeat(1364)).length, 43);
    assert.notEqual(passkeyKey('x'), passkeyKey('X'));
  });
});
