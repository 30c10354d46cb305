import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Isolate } from 'isolated-vm';
import { watchOver } from '../../../scripts-runtime/child/watch.ts';

describe('watchOver', () => {
  /** One whose own clock says that it ran for an hour. */
  const late = () => {
    const isolate = {
      cpuTime: 3_600_000_000_000n,
      isDisposed: false,
      dispose() {
        isolate.isDisposed = true;
      },
    };
    // All of an isolate that a watch looks at.
    return isolate as unknown as Isolate;
  };
  const limits = { wallMs: 600_000, heapMb: 4096, consoleBytes: 1, calls: 1, outputChars: 1 };

  it('ends nothing for the time that others had the processor', async () => {
    const isolate = late();
    const watch = watchOver(isolate, { ...limits, cpuMs: 60_000 }, 4096);
    await delay(50);
    assert.deepEqual([watch.fault(), isolate.isDisposed], [undefined, false]);
    assert.ok(watch.cpuMs() < 60_000);
    watch.stop();
  });

  it('ends what has spent more of the processor than it has', async () => {
    const isolate = late();
    const watch = watchOver(isolate, { ...limits, cpuMs: 1 }, 4096);
    while (watch.fault() === undefined) {
      for (let n = 0; n < 1e6; n += 1);
      await delay(1);
    }
    assert.deepEqual([watch.fault(), isolate.isDisposed], ['cpu', true]);
    watch.stop();
  });
});
