/** A suite that is killed leaves nothing running. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { careForChild } from './caretaker.ts';
import { isRunning } from './own-process.ts';

const told = z.object({ cared: z.int(), given: z.int(), temporal: z.int(), folder: z.string() });

describe('what a suite has started', () => {
  for (const signal of ['SIGKILL', 'SIGTERM'] as const)
    it(`ends with it at ${signal}, its Temporal and the data as well; what it took back is left alone`, async () => {
      const suite = fork(join(import.meta.dirname, 'run-wards.ts'));
      careForChild(suite);
      const { cared, given, temporal, folder } = told.parse((await once(suite, 'message'))[0]);
      try {
        for (const pid of [cared, given, temporal]) assert.equal(await isRunning(pid), true, String(pid));
        suite.kill(signal);
        while (existsSync(folder)) await delay(20);
        const left = await Promise.all([cared, temporal, given].map(isRunning));
        assert.deepEqual(left, [false, false, true]);
      } finally {
        process.kill(given, 'SIGKILL');
      }
    });
});
