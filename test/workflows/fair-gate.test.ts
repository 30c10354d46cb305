/** Few at a time, the tenants in turns, and nobody waits for ever. */
import assert from 'node:assert/strict';
import { WorkflowsUnavailable } from '../../workflows/errors.ts';
import { createFairGate, type FairGate } from '../../workflows/fair-gate.ts';

const later = (): number => Date.now() + 60_000;

describe('createFairGate', () => {
  const limits = { maxConcurrent: 2, maxWaitingPerTenant: 3, maxWaiting: 5 };
  let gate: FairGate;
  let log: string[];
  let open: (() => void)[];

  beforeEach(() => {
    gate = createFairGate(limits);
    log = [];
    open = [];
  });

  /** Work that notes its begin and ends when it is let out. */
  const enter = (tenantId: string, name: string, deadline = later()): Promise<string> =>
    gate.run(tenantId, deadline, async () => {
      log.push(name);
      const out = Promise.withResolvers<undefined>();
      open.push(() => {
        out.resolve(undefined);
      });
      await out.promise;
      return name;
    });
  const settle = () => new Promise((turn) => setImmediate(turn));
  const letOneOut = async (): Promise<void> => {
    open.shift()?.();
    await settle();
  };

  it('runs no more at once than it may', async () => {
    const all = ['a', 'b', 'c'].map((name) => enter('acme', name));
    await settle();
    assert.deepEqual(log, ['a', 'b']);
    await letOneOut();
    assert.deepEqual(log, ['a', 'b', 'c']);
    await letOneOut();
    await letOneOut();
    assert.deepEqual(await Promise.all(all), ['a', 'b', 'c']);
  });

  it('serves the tenants in turns: a rush of one does not hold up another', async () => {
    const all = [enter('rush', 'r1'), enter('rush', 'r2'), enter('rush', 'r3'), enter('rush', 'r4')];
    all.push(enter('calm', 'c1'), enter('calm', 'c2'));
    await settle();
    for (const _ of all) await letOneOut();
    await Promise.all(all);
    assert.deepEqual(log, ['r1', 'r2', 'r3', 'c1', 'r4', 'c2']);
  });

  it('turns away the tenant whose queue is full, and still takes another', async () => {
    const all = ['1', '2', '3', '4', '5'].map((name) => enter('rush', name));
    await assert.rejects(enter('rush', '6'), WorkflowsUnavailable);
    all.push(enter('calm', 'c1'));
    await settle();
    for (const _ of all) await letOneOut();
    assert.equal((await Promise.all(all)).length, 6);
  });

  it('turns everyone away when the whole queue is full', async () => {
    const all = ['1', '2', '3', '4', '5'].map((name) => enter('rush', name));
    all.push(enter('calm', 'c1'), enter('mild', 'm1'));
    await assert.rejects(enter('late', 'l1'), (error) => {
      assert.ok(error instanceof WorkflowsUnavailable);
      return error.retryAfterSeconds > 0;
    });
    await settle();
    for (const _ of all) await letOneOut();
    await Promise.all(all);
  });

  it('gives up on a turn that does not come in time, and gives the place to the next', async () => {
    const running = [enter('acme', 'a'), enter('acme', 'b')];
    await assert.rejects(enter('acme', 'too-late', Date.now() + 20), WorkflowsUnavailable);
    const next = enter('acme', 'next');
    await letOneOut();
    await letOneOut();
    await letOneOut();
    await Promise.all([...running, next]);
    assert.deepEqual(log, ['a', 'b', 'next']);
  });

  it('frees the place of work that failed', async () => {
    const failing = () => Promise.reject(new Error('broken'));
    for (let round = 0; round < 5; round++) await assert.rejects(gate.run('acme', later(), failing), /broken/);
    const all = [enter('acme', 'a'), enter('acme', 'b')];
    await settle();
    assert.deepEqual(log, ['a', 'b']);
    await letOneOut();
    await letOneOut();
    await Promise.all(all);
  });
});
