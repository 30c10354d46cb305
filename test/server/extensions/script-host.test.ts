import assert from 'node:assert/strict';
import { createPassingHost } from '../../../server/extensions/script-host.ts';
import { heldClock } from '../../support/stores.ts';

describe('the passing host', () => {
  const host = () => createPassingHost({ fetch: () => Promise.reject(new Error('no')), clock: heldClock(1000) });

  it('remembers within a run, and nothing from one to the next', async () => {
    const one = host();
    await one.cache.set('seen', 'yes', 60);
    assert.equal(await one.cache.get('seen'), 'yes');
    assert.deepEqual([await one.cache.incr('n', 2, 60), await one.cache.incr('n', 3, 60)], [2, 5]);
    await one.spill.put('a', new Uint8Array([1]));
    assert.deepEqual(await one.spill.get('a'), new Uint8Array([1]));
    assert.equal(await host().cache.get('seen'), undefined);
    assert.equal(await host().spill.get('a'), undefined);
  });

  it('has the clock of the house and chance of its own', () => {
    assert.equal(host().now(), 1000);
    assert.equal(host().randomBytes(32).byteLength, 32);
    assert.notDeepEqual(host().randomBytes(32), host().randomBytes(32));
  });
});
