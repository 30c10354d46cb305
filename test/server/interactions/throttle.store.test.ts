import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isSqlite } from '../../../server/db/knex.ts';
import { createThrottleStore } from '../../../server/interactions/throttle.store.ts';
import type { SweepableThrottleStore } from '../../../server/interactions/throttle.store.ts';
import { addressPolicy, delayAfter, personPolicy, type ThrottlePolicy } from '../../../server/interactions/throttle.ts';
import { newId, tenantId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';

onEachDatabase('ThrottleStore', (open) => {
  const tenant = tenantId('a');
  let knex: Knex;
  let throttles: SweepableThrottleStore;
  /** The same rows through a pool of its own, as another process has them. */
  let elsewhere: SweepableThrottleStore;

  before(async () => {
    knex = await open();
    throttles = createThrottleStore(knex);
    // Two connections to SQLite in one process would wait for each other: the driver is synchronous.
    elsewhere = isSqlite(knex) ? throttles : createThrottleStore(await open());
  });

  const policy: ThrottlePolicy = { free: 2, baseDelayMs: 1000, maxDelayMs: 8000, windowMs: 60_000 };

  it('blocks nobody who has not failed', async () => {
    assert.equal(await throttles.blockedUntil(tenant, newId()), 0);
  });

  it('lets the free failures pass, then doubles the delay up to its bound', async () => {
    const key = newId();
    const delays: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const until = await throttles.recordFailure(tenant, key, policy, noon + n);
      delays.push(until === 0 ? 0 : until - noon - n);
      assert.equal(await throttles.blockedUntil(tenant, key), until);
    }
    assert.deepEqual(delays, [0, 0, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  it('forgets each failure when its own window is over', async () => {
    const key = newId();
    await throttles.recordFailure(tenant, key, policy, noon);
    await throttles.recordFailure(tenant, key, policy, noon + 30_000);
    assert.equal(await throttles.recordFailure(tenant, key, policy, noon + 60_000), 0);
    assert.equal(await throttles.recordFailure(tenant, key, policy, noon + 60_001), noon + 61_001);
  });

  it('never shortens a delay', async () => {
    const key = newId();
    for (const at of [0, 0, 0, 0, 0, 0]) await throttles.recordFailure(tenant, key, policy, noon + at);
    const patient: ThrottlePolicy = { ...policy, free: 100 };
    assert.equal(await throttles.recordFailure(tenant, key, patient, noon + 1), noon + 8000);
  });

  it('counts each of 20 failures at the same time exactly once', async () => {
    const key = newId();
    const last: ThrottlePolicy = { ...policy, free: 19, maxDelayMs: 1_000_000 };
    const until = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? throttles : elsewhere).recordFailure(tenant, key, last, noon),
      ),
    );
    assert.equal(until.filter((time) => time > 0).length, 1);
    assert.equal(await throttles.recordFailure(tenant, key, last, noon), noon + delayAfter(21, last));
  });

  it('keeps no more failures than the policy tells apart', async () => {
    for (const each of [personPolicy, addressPolicy]) {
      const key = newId();
      let until = 0;
      for (let n = 0; n < 90; n += 1) until = await throttles.recordFailure(tenant, key, each, noon + n);
      assert.equal(until, noon + 89 + each.maxDelayMs);
    }
    const rows = await knex<{ failures: string }>('throttles').select('failures');
    assert.ok(Math.max(...rows.map(({ failures }) => failures.length)) < 1000, 'a row is bounded');
  });

  it('starts over when it is cleared', async () => {
    const key = newId();
    for (let n = 0; n < 3; n += 1) await throttles.recordFailure(tenant, key, policy, noon);
    await throttles.clear(tenant, key);
    assert.equal(await throttles.blockedUntil(tenant, key), 0);
    assert.equal(await throttles.recordFailure(tenant, key, policy, noon), 0);
  });

  it('counts for each tenant alone', async () => {
    const [key, other] = [newId(), tenantId('b')];
    for (let n = 0; n < 3; n += 1) await throttles.recordFailure(tenant, key, policy, noon);
    assert.equal(await throttles.blockedUntil(other, key), 0);
    assert.equal(await throttles.recordFailure(other, key, policy, noon), 0);
    await throttles.clear(other, key);
    assert.notEqual(await throttles.blockedUntil(tenant, key), 0);
  });

  it('keeps no name and no address', async () => {
    await throttles.recordFailure(tenant, 'address:203.0.113.77:planted@example.com', policy, noon);
    assert.doesNotMatch(JSON.stringify(await knex('throttles').select()), /203\.0\.113|planted/);
  });

  it('is swept when everything is forgotten and nothing blocked', async () => {
    await knex('throttles').delete();
    await throttles.recordFailure(tenant, 'one', policy, noon);
    await throttles.recordFailure(tenant, 'two', policy, noon + 1);
    const end = noon + policy.windowMs;
    assert.equal(await throttles.removeExpired(end, 10), 0);
    assert.equal(await throttles.removeExpired(end + 1, 10), 1);
    assert.equal(await throttles.removeExpired(end + 2, 10), 1);
  });
});
