import assert from 'node:assert/strict';
import { guessableOf } from '../../../../server/credentials/password/guessable.ts';

describe('guessableOf', () => {
  it('holds what a person is called by, where they are reached, and every text of their profile', () => {
    const payload = {
      name: 'Zoë Quill',
      address: { country: 'DE' },
      email_verified: true,
      website: 'https://zoe.example',
    };
    const identifiers = [{ value: 'zoe' }];
    const addresses = [{ value: '+49 170 1234567' }];
    assert.deepEqual(guessableOf({ payload, identifiers, addresses }), [
      'zoe',
      '+49 170 1234567',
      'Zoë Quill',
      'https://zoe.example',
    ]);
  });

  it('is bounded, whatever a profile holds', () => {
    const payload = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`m${String(n)}`, 'text']));
    assert.equal(guessableOf({ payload, identifiers: [], addresses: [] }).length, 100);
  });
});
