import assert from 'node:assert/strict';
import { givenName } from '../../../server/kernel/given-name.ts';

describe('givenName', () => {
  it('is what is said, else what it was, else the id', () => {
    assert.equal(givenName('Shop', { name: 'Before' }, 'shop'), 'Shop');
    for (const nothing of ['', undefined]) {
      assert.equal(givenName(nothing, { name: 'Before' }, 'shop'), 'Before');
      assert.equal(givenName(nothing, undefined, 'shop'), 'shop');
    }
  });
});
