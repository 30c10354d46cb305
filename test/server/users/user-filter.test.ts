import assert from 'node:assert/strict';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import { keyIn } from '../../../server/users/user-filter.ts';
import { poolOf } from '../../support/seeded.ts';

describe('keyIn', () => {
  const pool = poolOf(tenantId('acme'), { identifierCaseInsensitive: false });

  it('looks for a text in each form in which somebody may have it', () => {
    assert.deepEqual(keyIn('{"user_key":"Ada"}', pool), { id: 'Ada', identifiers: ['Ada', 'ada'], addresses: ['ada'] });
    assert.deepEqual(keyIn('{"user_key":"2023"}', pool)?.identifiers, ['2023', '+2023']);
    for (const nothing of [undefined, '', '{}', '{"user_key":""}']) assert.equal(keyIn(nothing, pool), undefined);
  });

  it('refuses what is no filter', () => {
    for (const text of ['{', '[]', '{"other":"a"}'])
      assert.throws(
        () => keyIn(text, pool),
        (error) => isPlatformError(error, 'unprocessable_entity'),
      );
  });
});
