/** Pointers as the caller knows the members. */
import assert from 'node:assert/strict';
import { pointingFrom } from '../../../server/http/body-pointers.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';

describe('pointingFrom', () => {
  const failing = (error: unknown) => pointingFrom('/settings', () => Promise.reject(error as Error));
  const refusal = (...pointers: readonly string[]) =>
    new PlatformError('unprocessable_entity', 'no', {
      details: pointers.map((pointer) => ({ pointer, message: 'm' })),
    });

  it('answers what the work answers', async () => {
    assert.equal(await pointingFrom('/settings', () => Promise.resolve(1)), 1);
  });

  it('takes the prefix from the pointers that have it', async () => {
    await assert.rejects(failing(refusal('/settings/key_type', '/id', '/settingsX')), (error) => {
      assert.ok(error instanceof PlatformError);
      assert.deepEqual(error.details, [
        { pointer: '/key_type', message: 'm' },
        { pointer: '/id', message: 'm' },
        { pointer: '/settingsX', message: 'm' },
      ]);
      return true;
    });
  });

  it('passes on every other failure as it is', async () => {
    for (const error of [
      new Error('x'),
      new PlatformError('conflict', 'x'),
      new PlatformError('unprocessable_entity', 'x'),
    ])
      await assert.rejects(failing(error), (passed) => passed === error);
  });
});
