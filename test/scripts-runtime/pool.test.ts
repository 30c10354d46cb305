import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Child, ChildEnd } from '../../scripts-runtime/child-process.ts';
import { createPool, type PoolOptions } from '../../scripts-runtime/pool.ts';

/** Nothing runs in it: what a pool does with children is asked here. */
interface Fake extends Child {
  mb: number;
  isDead: boolean;
}

describe('the pool of children', () => {
  let started: Fake[];
  let ends: (string | undefined)[];
  const make = (): Fake => {
    const ended = Promise.withResolvers<ChildEnd>();
    const fake: Fake = {
      mb: 50,
      isDead: false,
      send: () => undefined,
      listen: () => undefined,
      kill(kind, detail) {
        fake.isDead = true;
        ended.resolve({ kind, detail });
      },
      isGone: () => fake.isDead,
      residentMb: () => Promise.resolve(fake.mb),
      ended: ended.promise,
    };
    started.push(fake);
    return fake;
  };
  const open = (options: Partial<PoolOptions> = {}) =>
    createPool({
      ...{ start: () => Promise.resolve(make()), children: 3, runsPerChild: 100, maxMb: 256 },
      onEnd: (_, tenant) => void ends.push(tenant),
      ...options,
    });
  const living = () => started.filter(({ isDead }) => !isDead).length;
  beforeEach(() => {
    started = [];
    ends = [];
  });

  it('gives a tenant the child it had, and nobody else that one', async () => {
    const pool = open();
    const first = await pool.take('acme');
    pool.giveBack(first, true);
    assert.equal(await pool.take('acme'), first);
    pool.giveBack(first, true);
    assert.notEqual(await pool.take('globex'), first);
    assert.equal(first.isGone(), false);
  });

  it('starts no more than there may be, and ends an idle one of another tenant for whoever comes', async () => {
    const pool = open({ children: 1 });
    const first = await pool.take('acme');
    pool.giveBack(first, true);
    const second = await pool.take('globex');
    assert.deepEqual([first.isGone(), second.isGone(), living()], [true, false, 1]);
  });

  it('replaces a child that has run often enough', async () => {
    const pool = open({ runsPerChild: 3 });
    const first = await pool.take('acme');
    for (let runs = 1; runs < 3; runs++) {
      pool.giveBack(first, true);
      assert.equal(await pool.take('acme'), first);
    }
    pool.giveBack(first, true);
    assert.equal(first.isGone(), true);
    assert.notEqual(await pool.take('acme'), first);
    assert.deepEqual(ends, [], 'that is no incident');
  });

  it('replaces a child that has grown, whether that shows while it is free or only when it runs again', async () => {
    const pool = open();
    const first = await pool.take('acme');
    const grown = started.find((child) => child === first);
    assert.ok(grown);
    grown.mb = 257;
    pool.giveBack(first, true);
    await turn();
    assert.equal(first.isGone(), true);

    const second = await pool.take('acme');
    const grows = started.find((child) => child === second);
    assert.ok(grows);
    grows.mb = 257;
    pool.giveBack(second, true);
    // Before it has been looked at.
    assert.equal(await pool.take('acme'), second);
    await turn();
    assert.equal(second.isGone(), false, 'what runs in it is not ended');
    pool.giveBack(second, true);
    assert.equal(second.isGone(), true);
  });

  it('replaces a child that is not to be used again, and tells of one that died by itself', async () => {
    const pool = open();
    const first = await pool.take('acme');
    pool.giveBack(first, false);
    assert.equal(first.isGone(), true);
    const second = await pool.take('acme');
    second.kill('forged', 'it said what no child says');
    await turn();
    assert.deepEqual(ends, ['acme']);
    assert.notEqual(await pool.take('acme'), second);
  });

  it('keeps one ready that is nobody’s, which costs nobody a start', async () => {
    const pool = open();
    const first = await pool.take('acme');
    await turn();
    assert.equal(living(), 2);
    const before = started.length;
    const second = await pool.take('globex');
    assert.notEqual(second, first);
    assert.ok(started.indexOf(second as Fake) < before);
  });

  it('ends all of them, and lends none from then on', async () => {
    const pool = open();
    await pool.take('acme');
    await turn();
    await pool.stop();
    assert.equal(living(), 0);
    await assert.rejects(pool.take('acme'));
  });
});
