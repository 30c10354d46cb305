import assert from 'node:assert/strict';
import { releaseStartMemory } from '../../../server/ops/start-memory.ts';

describe('releaseStartMemory', () => {
  it('collects what nothing holds any more', async () => {
    const collected: string[] = [];
    const registry = new FinalizationRegistry((what: string) => collected.push(what));
    (() => {
      registry.register({}, 'an object of the start');
    })();
    await releaseStartMemory();
    // Registries are told in a turn of their own.
    for (let turns = 0; turns < 100 && collected.length === 0; turns += 1) await new Promise(setImmediate);
    assert.deepEqual(collected, ['an object of the start']);
    assert.equal('gc' in globalThis && globalThis.gc !== undefined, false);
  });
});
