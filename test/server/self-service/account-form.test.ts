import assert from 'node:assert/strict';
import { accountForm, nameFault, newNonce, spenderOf } from '../../../server/self-service/account-form.ts';

describe('spenderOf', () => {
  const filled = { nonce: newNonce(), password: 'a password', webauthn: '' };
  const by = (fields: object) => spenderOf(accountForm.parse({ ...filled, ...fields }));

  it('knows a form that comes once more, and none that is filled in otherwise', () => {
    assert.equal(by({}), by({ code: '123456' }));
    for (const other of [{ password: 'another' }, { webauthn: '{}' }, { nonce: newNonce() }])
      assert.notEqual(by(other), by({}));
  });

  it('knows no form without a nonce', () => {
    assert.equal(by({ nonce: '' }), undefined);
  });
});

describe('nameFault', () => {
  it('wants an address of who registers, and a name of anybody else', () => {
    assert.equal(nameFault('reset', 'ada'), undefined);
    assert.equal(nameFault('register', 'ada'), 'address_malformed');
    assert.equal(nameFault('register', '+44 20 7946 0958'), undefined);
    assert.equal(nameFault('reset', ''), 'identifier_missing');
    assert.equal(nameFault('reset', 'x'.repeat(321)), 'identifier_too_long');
  });
});
