/** Long work in short turns: whoever else waits for this process gets theirs in between. */
import { setImmediate } from 'node:timers/promises';

/** Objects of one turn: some ten milliseconds of a database that answers at once, within the process. */
export const turnLength = 25;

/** @returns a function to call for each object; every so often it lets others go first */
export function createTurns(): () => Promise<void> {
  let count = 0;
  return async () => {
    count += 1;
    // A promise alone is no pause: reads of a file-based database never leave the microtasks.
    if (count % turnLength === 0) await setImmediate();
  };
}
