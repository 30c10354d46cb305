/** What core makes of what a plugin's step says. */
import assert from 'node:assert/strict';
import { reasonOfDenial } from '../../../server/extension-points/steps.ts';

describe('reasonOfDenial', () => {
  it('is the code that the step gave', () => {
    for (const code of ['risk', 'too_young', 'x2', 'x'.repeat(64)]) assert.equal(reasonOfDenial('terms', code), code);
  });

  it('is that the step was declined, where it gave none that operations could search by', () => {
    const prose = 'Ada said no';
    for (const said of [undefined, null, 7, {}, '', prose, 'a-b', 'a b', 'a\n', 'É', '2x', 'x'.repeat(65)])
      assert.equal(reasonOfDenial('terms', said), 'terms_declined', JSON.stringify(said));
  });

  it('names a step whose id is no such code by one that is', () => {
    assert.equal(reasonOfDenial('age-check', undefined), 'age_check_declined');
  });
});
