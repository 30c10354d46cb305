import assert from 'node:assert/strict';
import { normalizeAddress } from '../../../server/users/address.ts';

describe('normalizeAddress', () => {
  it('gives one form to what reaches the same person', () => {
    assert.equal(normalizeAddress('email', ' Ada.Lovelace+x@Example.COM '), 'ada.lovelace+x@example.com');
    assert.equal(normalizeAddress('email', 'ａda@example.com'), 'ada@example.com');
    assert.equal(normalizeAddress('email', 'ada@localhost'), 'ada@localhost');
    assert.equal(normalizeAddress('mobile', '+44 (20) 7946-0958'), '+442079460958');
  });

  it('refuses what reaches nobody, or somebody else', () => {
    for (const text of [
      '',
      'ada',
      'ada@',
      '@example.com',
      'ada@example..com',
      'a@b@c.example',
      'a@b.example,c@d.example',
      'a@b.example\r\nBcc: c@d.example',
      'a@b.example\u0000',
      '<a@b.example>',
      '"a b"@c.example',
      `${'a'.repeat(65)}@example.com`,
      `a@${'b'.repeat(300)}.example`,
    ])
      assert.equal(normalizeAddress('email', text), undefined, JSON.stringify(text));
    for (const text of ['', '+', '020 7946 0958', '+0207946095', '+44x2079460958', '+4420794609581234', '+44;ext=1'])
      assert.equal(normalizeAddress('mobile', text), undefined, text);
  });

  it('takes no longer for a text made to hold it up', () => {
    assert.equal(normalizeAddress('email', 'a.'.repeat(160)), undefined);
    assert.equal(normalizeAddress('email', 'a'.repeat(1e6)), undefined);
  });
});
