import assert from 'node:assert/strict';
import { providersWithin } from '../../../server/oauth2/kept-providers.ts';

describe('providersWithin', () => {
  const mb = 1_000_000;

  it('keeps what fits into a fifth of the heap, at 75 KB each', () => {
    assert.equal(providersWithin(750 * mb), 2000);
    assert.equal(providersWithin(4500 * mb), 12_000);
  });

  it('keeps some on the smallest machine', () => {
    assert.equal(providersWithin(64 * mb), 500);
    assert.equal(providersWithin(0), 500);
  });
});
