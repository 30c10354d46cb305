/** What the platform does on a script's behalf, where nothing of it outlives the run. */
import { randomBytes } from 'node:crypto';
import type { ScriptHost } from '../../scripts-runtime/index.ts';
import type { Clock } from '../kernel/clock.ts';

/** @param fetch guarded: it reaches no private address, and follows no redirect by itself */
export function createPassingHost({
  fetch,
  clock,
}: {
  readonly fetch: ScriptHost['fetch'];
  readonly clock: Clock;
}): ScriptHost {
  const values = new Map<string, string>();
  const spilled = new Map<string, Uint8Array>();
  return {
    fetch,
    cache: {
      get: (key) => Promise.resolve(values.get(key)),
      set: (key, value) => Promise.resolve(void values.set(key, value)),
      incr(key, by) {
        const next = Number(values.get(key) ?? 0) + by;
        values.set(key, String(next));
        return Promise.resolve(next);
      },
    },
    spill: {
      put: (sha256, bytes) => Promise.resolve(void spilled.set(sha256, bytes)),
      get: (sha256) => Promise.resolve(spilled.get(sha256)),
    },
    now: () => clock.now(),
    randomBytes: (length) => randomBytes(length),
  };
}
