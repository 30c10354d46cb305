/** Costly work is bounded for each tenant and in all, in the order it came. */
import assert from 'node:assert/strict';
import { createGate, createLanes } from '../../../server/configuration/lanes.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';

function held() {
  let go: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    go = resolve;
  });
  return { promise, go };
}

describe('createGate', () => {
  it('refuses what is too much of one owner, and too much in all', async () => {
    const gate = createGate({ most: 3, mostOfOne: 2 }, 'Full.');
    const hold = held();
    const work = () => hold.promise;
    const running = [gate.run('a', work), gate.run('a', work)];
    await assert.rejects(gate.run('a', work), (error) => isPlatformError(error, 'unavailable'));
    running.push(gate.run('b', work));
    await assert.rejects(gate.run('c', work), (error) => isPlatformError(error, 'unavailable'));
    hold.go();
    await Promise.all(running);
    await assert.rejects(
      gate.run('a', () => Promise.reject(new Error('failed'))),
      /failed/,
    );
    await gate.run('a', () =>
      Promise.all([gate.run('a', () => Promise.resolve()), gate.run('c', () => Promise.resolve())]),
    );
  });
});

describe('createLanes', () => {
  it('lets one of each owner go on at a time, and others pass those that wait for themselves', async () => {
    const lanes = createLanes(2);
    const started: string[] = [];
    const holds = new Map<string, ReturnType<typeof held>>();
    const start = (owner: string, name: string) => {
      const hold = held();
      holds.set(name, hold);
      return lanes.run(owner, () => {
        started.push(name);
        return hold.promise;
      });
    };
    const all = [start('a', 'a1'), start('a', 'a2'), start('b', 'b1'), start('c', 'c1')];
    await new Promise(setImmediate);
    assert.deepEqual(started, ['a1', 'b1']);
    holds.get('b1')?.go();
    await all[2];
    await new Promise(setImmediate);
    assert.deepEqual(started, ['a1', 'b1', 'c1'], 'not a second of the same');
    holds.get('a1')?.go();
    await all[0];
    await new Promise(setImmediate);
    assert.deepEqual(started, ['a1', 'b1', 'c1', 'a2']);
    for (const { go } of holds.values()) go();
    await Promise.all(all);
  });
});
