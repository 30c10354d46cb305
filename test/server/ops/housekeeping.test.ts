import assert from 'node:assert/strict';
import { createHousekeeping, type Sweep } from '../../../server/ops/housekeeping.ts';

/** A table of so many rows that are over. Resolves when a sweep finds nothing more to do in it. */
function createTable(rows: number) {
  const batches: number[] = [];
  let left = rows;
  let swept: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (swept = resolve));
  const sweep: Sweep = {
    name: 'proofs',
    run: (now, limit) => {
      assert.equal(now, 5);
      const removed = Math.min(left, limit);
      left -= removed;
      batches.push(removed);
      if (removed < limit) swept();
      return Promise.resolve(removed);
    },
  };
  return { batches, sweep, done };
}

describe('createHousekeeping', () => {
  const lines: { level: string; members: Readonly<Record<string, unknown>> }[] = [];
  const log = {
    info: (members: Readonly<Record<string, unknown>>) => void lines.push({ level: 'info', members }),
    warn: (members: Readonly<Record<string, unknown>>) => void lines.push({ level: 'warn', members }),
  };
  const clock = { now: () => 5 };
  beforeEach(() => lines.splice(0));

  it('sweeps in batches of 500 until a table is clean', async () => {
    const table = createTable(1200);
    const house = createHousekeeping({ sweeps: [table.sweep], clock, log, intervalMs: 1, breathMs: 0 });
    house.start();
    await table.done;
    await house.stop();
    assert.deepEqual(table.batches.slice(0, 3), [500, 500, 200]);
    assert.deepEqual(lines[0], { level: 'info', members: { sweep: 'proofs', removed: 1200 } });
  });

  it('leaves what is too much for one round to the next, and lets the other tables have their turn', async () => {
    const endless = createTable(Infinity);
    const other = createTable(3);
    const house = createHousekeeping({ sweeps: [endless.sweep, other.sweep], clock, log, intervalMs: 1, breathMs: 0 });
    house.start();
    await other.done;
    assert.equal(endless.batches.length, 20);
    await house.stop();
  });

  it('goes on with the other tables when one fails', async () => {
    const failing: Sweep = { name: 'failing', run: () => Promise.reject(new Error('locked')) };
    const table = createTable(1);
    const house = createHousekeeping({ sweeps: [failing, table.sweep], clock, log, intervalMs: 1 });
    house.start();
    await table.done;
    await house.stop();
    assert.deepEqual(table.batches[0], 1);
    assert.deepEqual([lines[0]?.level, lines[0]?.members['sweep']], ['warn', 'failing']);
  });

  it('ends its batch when it is stopped, and begins no other', async () => {
    let finish: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const running = new Promise<void>((resolve) => (begun = resolve));
    let batches = 0;
    const slow: Sweep = {
      name: 'slow',
      run: async () => {
        batches += 1;
        begun();
        await new Promise<void>((resolve) => (finish = resolve));
        return 500;
      },
    };
    const house = createHousekeeping({ sweeps: [slow], clock, log, intervalMs: 1, breathMs: 0 });
    house.start();
    await running;
    let stopped = false;
    const stopping = house.stop().then(() => (stopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(stopped, false);
    finish();
    await stopping;
    assert.equal(batches, 1);
  });

  it('stops at once while it rests, and when it never started', async () => {
    const idle = createHousekeeping({ sweeps: [createTable(1).sweep], clock, log, intervalMs: 3_600_000 });
    idle.start();
    await idle.stop();
    await createHousekeeping({ sweeps: [], clock, log, intervalMs: 1 }).stop();
    assert.deepEqual(lines, []);
  });
});
