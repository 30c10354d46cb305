import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { isSqlite } from '../../../server/db/knex.ts';
import { createThrottleStore } from '../../../server/interactions/throttle.store.ts';
import type { SweepableThrottleStore } from '../../../server/interactions/throttle.store.ts';
import { addressPolicy, personPolicy, type ThrottlePolicy } from '../../../server/interactions/throttle.ts';
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

  /** Counts as often as the delays allow. @returns each delay that was met on the way */
  async function fail(key: string, times: number, by = policy, from = noon): Promise<readonly number[]> {
    const delays: number[] = [];
    let now = from;
    while (delays.length < times) {
      const attempt = await throttles.countAttempt(tenant, [{ key, policy: by }], now);
      if (attempt.kind === 'counted') {
        const next = await throttles.countAttempt(other, [{ key, policy: by }], now);
        assert.equal(next.kind, 'counted', 'another tenant is not concerned');
        await throttles.forgive(other, [{ key }], [], noon);
        const until = await blockedUntil(key);
        delays.push(until > now ? until - now : 0);
        now = Math.max(now, until);
      } else now = attempt.until;
    }
    return delays;
  }
  async function blockedUntil(key: string): Promise<number> {
    const id = createHash('sha256').update(key).digest('hex');
    const row = await knex<{ tenant_id: string; id: string; blocked_until: number | string }>('throttles')
      .where({ tenant_id: tenant, id })
      .first();
    return Number(row?.blocked_until ?? 0);
  }
  const other = tenantId('b');

  it('lets the free failures pass, then doubles the delay up to its bound', async () => {
    assert.deepEqual(await fail(newId(), 8), [0, 0, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  it('refuses while the delay lasts, and counts nothing meanwhile', async () => {
    const key = newId();
    await fail(key, 3);
    for (let n = 0; n < 9; n += 1) {
      assert.deepEqual(await throttles.countAttempt(tenant, [{ key, policy }], noon + 999), {
        kind: 'blocked',
        until: noon + 1000,
      });
    }
    assert.deepEqual(await throttles.countAttempt(tenant, [{ key, policy }], noon + 1000), { kind: 'counted' });
    assert.deepEqual(await throttles.countAttempt(tenant, [{ key, policy }], noon + 1000), {
      kind: 'blocked',
      until: noon + 3000,
    });
  });

  it('forgets each failure when its own window is over', async () => {
    const key = newId();
    await throttles.countAttempt(tenant, [{ key, policy }], noon);
    await throttles.countAttempt(tenant, [{ key, policy }], noon + 30_000);
    await throttles.countAttempt(tenant, [{ key, policy }], noon + 60_000);
    assert.deepEqual(await throttles.countAttempt(tenant, [{ key, policy }], noon + 60_001), { kind: 'counted' });
    assert.equal((await throttles.countAttempt(tenant, [{ key, policy }], noon + 60_002)).kind, 'blocked');
  });

  it('counts no more of 40 attempts at the same time than the free ones and one', async () => {
    const key = newId();
    const attempts = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        (n % 2 === 0 ? throttles : elsewhere).countAttempt(tenant, [{ key, policy: personPolicy }], noon),
      ),
    );
    assert.equal(attempts.filter(({ kind }) => kind === 'counted').length, personPolicy.free + 1);
  });

  it('takes back what was no failure, with the delay that it brought', async () => {
    const key = newId();
    await fail(key, 2);
    await throttles.countAttempt(tenant, [{ key, policy }], noon + 5);
    await throttles.takeBack(tenant, [{ key, policy }], noon + 5);
    assert.deepEqual(await throttles.countAttempt(tenant, [{ key, policy }], noon + 5), { kind: 'counted' });
    assert.equal((await throttles.countAttempt(tenant, [{ key, policy }], noon + 5)).kind, 'blocked');
  });

  it('takes back nothing that was never counted', async () => {
    const key = newId();
    await throttles.takeBack(tenant, [{ key, policy }], noon);
    await fail(key, 3);
    await throttles.takeBack(tenant, [{ key, policy }], noon + 77);
    assert.equal((await throttles.countAttempt(tenant, [{ key, policy }], noon + 1)).kind, 'blocked');
  });

  it('takes back one of 20 at the same time for each that asks', async () => {
    const key = newId();
    const wide: ThrottlePolicy = { ...policy, free: 20 };
    for (let n = 0; n < 20; n += 1) await throttles.countAttempt(tenant, [{ key, policy: wide }], noon);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? throttles : elsewhere).takeBack(tenant, [{ key, policy: wide }], noon),
      ),
    );
    assert.deepEqual(await fail(key, 21, wide), [...Array.from({ length: 20 }, () => 0), 1000]);
  });

  it('keeps no more failures than the policy tells apart', async () => {
    for (const each of [personPolicy, addressPolicy]) {
      assert.equal(Math.max(...(await fail(newId(), 70, each))), each.maxDelayMs);
    }
    const rows = await knex<{ failures: string }>('throttles').select('failures');
    assert.ok(Math.max(...rows.map(({ failures }) => failures.length)) < 1000, 'a row is bounded');
  });

  it('starts over when it is cleared', async () => {
    const key = newId();
    await fail(key, 3);
    await throttles.forgive(tenant, [{ key }], [], noon);
    assert.deepEqual(await fail(key, 3), [0, 0, 1000]);
  });

  it('counts under all of its keys, or under none where one of them is blocked', async () => {
    const [address, person, another] = [newId(), newId(), newId()];
    const under = (...keys: string[]) => keys.map((key) => ({ key, policy }));
    for (let n = 0; n < 3; n += 1) {
      assert.deepEqual(await throttles.countAttempt(tenant, under(address, person), noon), { kind: 'counted' });
    }
    const blocked = { kind: 'blocked', until: noon + 1000 };
    for (const keys of [under(address, another), under(another, person)]) {
      for (let n = 0; n < 5; n += 1) assert.deepEqual(await throttles.countAttempt(tenant, keys, noon), blocked);
    }
    assert.deepEqual(await fail(another, 3), [0, 0, 1000]);
  });

  it('counts no more than the delays allow when many try under the same two keys at once', async () => {
    const under = [newId(), newId()].map((key) => ({ key, policy: personPolicy }));
    const attempts = await Promise.all(
      Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? throttles : elsewhere).countAttempt(tenant, under, noon)),
    );
    assert.equal(attempts.filter(({ kind }) => kind === 'counted').length, personPolicy.free + 1);
  });

  it('forgives: forgets one key, and takes the attempt back under another', async () => {
    const [address, person] = [newId(), newId()].map((key) => ({ key, policy }));
    assert.ok(address !== undefined && person !== undefined);
    for (let n = 0; n < 3; n += 1) await throttles.countAttempt(tenant, [address, person], noon + n);
    await throttles.forgive(tenant, [person], [address], noon + 2);
    assert.equal(await blockedUntil(person.key), 0);
    assert.deepEqual(await fail(person.key, 3), [0, 0, 1000]);
    assert.deepEqual(await throttles.countAttempt(tenant, [address], noon + 3), { kind: 'counted' });
    assert.equal((await throttles.countAttempt(tenant, [address], noon + 3)).kind, 'blocked');
  });

  it('refuses under what is quiet without a word, and counts on under what is not', async () => {
    const [aloud, quiet] = [
      { key: newId(), policy: personPolicy },
      { key: newId(), policy, isQuiet: true as const },
    ];
    for (let n = 0; n < 3; n += 1)
      assert.deepEqual(await throttles.countAttempt(tenant, [aloud, quiet], noon), { kind: 'counted' });
    const refused = { kind: 'counted', isRefused: true };
    for (let n = 0; n < 3; n += 1)
      assert.deepEqual(await throttles.countAttempt(tenant, [aloud, quiet], noon), refused);
    assert.equal((await throttles.countAttempt(tenant, [aloud, quiet], noon)).kind, 'blocked');
    assert.equal(await blockedUntil(quiet.key), noon + 1000, 'waiting it out is enough');
  });

  it('keeps no name and no address', async () => {
    await throttles.countAttempt(tenant, [{ key: 'address:203.0.113.77:planted@example.com', policy }], noon);
    assert.doesNotMatch(JSON.stringify(await knex('throttles').select()), /203\.0\.113|planted/);
  });

  it('is swept when everything is forgotten and nothing blocked', async () => {
    await knex('throttles').delete();
    await throttles.countAttempt(tenant, [{ key: 'one', policy }], noon);
    await throttles.countAttempt(tenant, [{ key: 'two', policy }], noon + 1);
    const end = noon + policy.windowMs;
    assert.equal(await throttles.removeExpired(end, 10), 0);
    assert.equal(await throttles.removeExpired(end + 1, 10), 1);
    assert.equal(await throttles.removeExpired(end + 2, 10), 1);
  });

  it('gives of an allowance what it holds, to however many processes ask at once, and what came back since', async () => {
    const [key, allowance] = [newId(), { burst: 5, perMinute: 60 }];
    const taken = async (at: number) =>
      (
        await Promise.all(
          Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? throttles : elsewhere).take(tenant, key, allowance, at)),
        )
      ).filter(Boolean).length;
    assert.equal(await taken(noon), 5);
    assert.equal(await taken(noon + 999), 0);
    assert.equal(await taken(noon + 2000), 2);
    assert.equal(await taken(noon + 3_600_000), 5, 'no more than it holds');
    assert.equal(await throttles.take(tenantId('b'), key, allowance, noon), true, 'another tenant is not concerned');
  });

  it('keeps an allowance until all of it has come back, and no longer', async () => {
    const [key, allowance] = [newId(), { burst: 2, perMinute: 1 }];
    await throttles.take(tenant, key, allowance, noon);
    await throttles.take(tenant, key, allowance, noon);
    await throttles.removeExpired(noon + 119_000, 1000);
    assert.equal(await throttles.take(tenant, key, allowance, noon + 59_000), false);
    await throttles.removeExpired(noon + 121_000, 1000);
    const id = createHash('sha256').update(key).digest('hex');
    assert.deepEqual(await knex('throttles').where({ tenant_id: tenant, id }), []);
  });
});
