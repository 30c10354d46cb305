/** Most of what a process allocates while it starts, it never needs again: text that was compiled, modules that were linked. */
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** By then what the start began by itself has ended. Milliseconds. */
const settledAfterMs = 1000;

/**
 * Collects what the start left behind and gives the pages back to the system, once: V8 does neither by itself in a
 * process that waits for its first request. Keeps no process alive.
 */
export async function releaseStartMemory(): Promise<void> {
  await delay(settledAfterMs, undefined, { ref: false });
  // There is no import for it; the flag only says what contexts made from now on can see.
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') {
    await Reflect.apply(collect, undefined, [{ type: 'major', execution: 'async', flavor: 'last-resort' }]);
  }
}
