/** Tenants take turns, and none of them can keep the others out. */
import assert from 'node:assert/strict';
import { createFairQueue } from '../../scripts-runtime/fair-queue.ts';

const options = { places: 2, placesPerTenant: 1, waitingPerTenant: 3 };

describe('createFairQueue', () => {
  it('lets another tenant in while one waits for itself', async () => {
    const queue = createFairQueue(options);
    assert.ok(await queue.enter('loud'));
    const second = queue.enter('loud');
    assert.ok(await queue.enter('quiet'));
    assert.equal(await Promise.race([second, Promise.resolve('waits')]), 'waits');
  });

  it('takes turns by tenant, not by who came first', async () => {
    const queue = createFairQueue({ ...options, places: 1 });
    const leave = await queue.enter('a');
    const order: string[] = [];
    const come = async (tenant: string) => {
      const leaveIt = await queue.enter(tenant);
      order.push(tenant);
      leaveIt?.();
    };
    const all = ['a', 'a', 'a', 'b'].map(come);
    leave?.();
    await Promise.all(all);
    assert.deepEqual(order, ['a', 'b', 'a', 'a']);
  });

  it('sends away who waits beyond the bound of its tenant', async () => {
    const queue = createFairQueue(options);
    await queue.enter('a');
    for (let i = 0; i < 3; i++) void queue.enter('a');
    assert.equal(await queue.enter('a'), undefined);
    assert.ok(await queue.enter('b'));
  });

  it('gives a turn back once, however often it is said', async () => {
    const queue = createFairQueue({ places: 1, placesPerTenant: 1, waitingPerTenant: 9 });
    const leave = await queue.enter('a');
    const [second, third] = [queue.enter('b'), queue.enter('c')];
    leave?.();
    leave?.();
    assert.ok(await second);
    assert.equal(await Promise.race([third, Promise.resolve('waits')]), 'waits');
  });

  it('sends everybody away when it closes, and is idle when the last has left', async () => {
    const queue = createFairQueue(options);
    const leave = await queue.enter('a');
    const waiting = queue.enter('a');
    queue.close();
    assert.equal(await waiting, undefined);
    assert.equal(await queue.enter('b'), undefined);
    const idle = queue.idle();
    leave?.();
    await idle;
  });
});
