import assert from 'node:assert/strict';
import { createHashGate } from '../../../../server/credentials/password/hash-gate.ts';
import { isPlatformError } from '../../../../server/kernel/errors.ts';

/** Works that end when they are told to. */
function createWorks() {
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  return {
    begun,
    work: (n: number) => () => {
      begun.push(n);
      return new Promise<number>((resolve) =>
        ends.set(n, () => {
          resolve(n);
        }),
      );
    },
    end: (n: number) => ends.get(n)?.(),
  };
}

describe('createHashGate', () => {
  it('runs so many at once, the others in the order they came', async () => {
    const gate = createHashGate({ concurrency: 2, waiting: 10 });
    const { begun, work, end } = createWorks();
    const all = [0, 1, 2, 3].map((n) => gate.run(work(n)));
    assert.deepEqual(begun, [0, 1]);
    end(1);
    await all[1];
    await Promise.resolve();
    assert.deepEqual(begun, [0, 1, 2]);
    for (const n of [0, 2]) end(n);
    await all[2];
    await Promise.resolve();
    end(3);
    assert.deepEqual(await Promise.all(all), [0, 1, 2, 3]);
  });

  it('refuses at once when the queue is full, and says when to come back', async () => {
    const gate = createHashGate({ concurrency: 1, waiting: 2 });
    const { begun, work, end } = createWorks();
    const accepted = [0, 1, 2].map((n) => gate.run(work(n)));
    await assert.rejects(
      gate.run(work(3)),
      (error) => isPlatformError(error, 'unavailable') && error.retryAfterSeconds === 2,
    );
    end(0);
    await accepted[0];
    const last = gate.run(work(4));
    for (const n of [1, 2, 4]) {
      while (!begun.includes(n)) await new Promise((resolve) => setImmediate(resolve));
      end(n);
    }
    await Promise.all([...accepted, last]);
    assert.deepEqual(begun, [0, 1, 2, 4]);
  });

  it('gives the place of a work that failed to the next', async () => {
    const gate = createHashGate({ concurrency: 1, waiting: 1 });
    const failed = gate.run(() => Promise.reject(new Error('no memory')));
    const next = gate.run(() => Promise.resolve('done'));
    await assert.rejects(failed, /no memory/);
    assert.equal(await next, 'done');
    assert.equal(await gate.run(() => Promise.resolve('free again')), 'free again');
  });
});
