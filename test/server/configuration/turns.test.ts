/** Long work lets others go first. */
import assert from 'node:assert/strict';
import { createTurns, turnLength } from '../../../server/configuration/turns.ts';

describe('createTurns', () => {
  it('lets what waits for the event loop go first, every so many objects', async () => {
    let others = 0;
    const tick = (): void => {
      others += 1;
      waiting = setImmediate(tick);
    };
    let waiting = setImmediate(tick);
    const turn = createTurns();
    for (let at = 0; at < 10 * turnLength; at += 1) await turn();
    clearImmediate(waiting);
    assert.ok(others >= 9, String(others));
  });
});
