import assert from 'node:assert/strict';
import { expiryOf } from '../../../../server/credentials/password/password-expiry.ts';
import { poolSettingsSchema } from '../../../../server/pools/pool.ts';
import { noon } from '../../../support/seeded.ts';

describe('expiryOf', () => {
  for (const [after, end] of [
    ['2160h0m0s', noon + 90 * 86_400_000],
    ['1h', noon + 3_600_000],
    ['0s', undefined],
    [undefined, undefined],
  ] as const)
    it(`ends a password of a pool that says ${String(after)} ${end === undefined ? 'never' : 'then'}`, () => {
      const settings = poolSettingsSchema.parse({ password_settings: { expires_after: after } });
      assert.equal(expiryOf({ settings }, noon), end);
    });
});
