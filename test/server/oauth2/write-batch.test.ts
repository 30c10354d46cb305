import assert from 'node:assert/strict';
import { createWriteBatch } from '../../../server/oauth2/write-batch.ts';

describe('createWriteBatch', () => {
  it('writes together what comes in one turn, and a bounded number at once', async () => {
    const calls: (readonly number[])[] = [];
    const write = createWriteBatch<number>((items) => Promise.resolve(calls.push(items)), 3);
    await Promise.all([1, 2, 3, 4].map(write));
    await write(5);
    assert.deepEqual(calls, [[1, 2, 3], [4], [5]]);
  });

  it('answers only when the item is written', async () => {
    const held = Promise.withResolvers<undefined>();
    let done = false;
    const written = createWriteBatch<number>(() => held.promise, 3)(1).then(() => (done = true));
    await new Promise((turn) => setImmediate(turn));
    await new Promise((turn) => setImmediate(turn));
    assert.equal(done, false);
    held.resolve(undefined);
    await written;
  });

  it('fails only those that fail by themselves', async () => {
    const stored: number[] = [];
    const write = createWriteBatch<number>((items) => {
      if (items.includes(2)) return Promise.reject(new Error('two is bad'));
      stored.push(...items);
      return Promise.resolve();
    }, 10);
    const answers = await Promise.allSettled([1, 2, 3].map(write));
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(stored, [1, 3]);
  });
});
