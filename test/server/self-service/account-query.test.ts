/** What an account page's address carries: nobody reads a person from it, and nobody is led away by it. */
import assert from 'node:assert/strict';
import { poolId, tenantId } from '../../../server/kernel/ids.ts';
import { createAccountQueries } from '../../../server/self-service/account-query.ts';
import { testSealer } from '../../support/stores.ts';

describe('createAccountQueries', () => {
  let now = 1_000_000;
  const queries = createAccountQueries({ sealer: testSealer, now: () => now });
  const acme = tenantId('acme');
  const place = { tenantId: acme, poolId: poolId('people') };

  it('leads back to a login of the tenant', () => {
    assert.equal(queries.loginIn(acme, '/acme/shop/login/uid_1-2'), '/acme/shop/login/uid_1-2');
  });

  for (const led of [
    'https://evil.example/acme/shop/login/u',
    '//evil.example/login/u',
    '/other/shop/login/u',
    '/acme/shop/login/u/cancel',
    '/acme/shop/login/u?notice=x',
    '/acme/shop/login/../../evil',
    '/acme/shop/login/',
    '/acme//login/u',
    '\\\\evil.example\\shop\\login\\u',
    `/acme/shop/login/${'u'.repeat(400)}`,
    undefined,
    ['/acme/shop/login/u'],
  ]) {
    it(`does not lead to ${String(led).slice(0, 60)}`, () => {
      assert.equal(queries.loginIn(acme, led), undefined);
    });
  }

  it('remembers what they typed beside it, unless it is more than an address holds', () => {
    const owner = { identifier: 'ada@example.com', said: { name: 'Ada' } };
    assert.deepEqual(queries.recall(place, queries.remember(place, owner)), owner);
    const long = queries.remember(place, { ...owner, said: { name: 'a'.repeat(4096) } });
    assert.deepEqual(queries.recall(place, long), { identifier: 'ada@example.com' });
  });

  it('remembers whom a code was sent for, unreadable, for this pool and a day', () => {
    const sealed = queries.remember(place, { identifier: 'ada@example.com', userId: 'ada-id' });
    assert.doesNotMatch(sealed, /\bada\b/);
    assert.deepEqual(queries.recall(place, sealed), { identifier: 'ada@example.com', userId: 'ada-id' });
    assert.equal(queries.recall({ ...place, poolId: poolId('others') }, sealed), undefined);
    assert.equal(queries.recall(place, `${sealed}x`), undefined);
    now += 24 * 3_600_000;
    assert.equal(queries.recall(place, sealed), undefined);
  });
});
