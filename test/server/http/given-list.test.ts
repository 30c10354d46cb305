/** Lists of which an empty one is as good as none. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { givenList } from '../../../server/http/given-list.ts';

describe('givenList', () => {
  const list = givenList(z.enum(['a', 'b']));

  it('takes an empty list for one that was not given', () => {
    assert.equal(list.parse([]), undefined);
    assert.equal(list.parse(undefined), undefined);
  });

  it('reads what was given, as its elements may be, and no more than a hundred', () => {
    assert.deepEqual(list.parse(['b', 'a']), ['b', 'a']);
    for (const wrong of [['c'], 'a', null, Array.from({ length: 101 }, () => 'a')])
      assert.equal(list.safeParse(wrong).success, false, JSON.stringify(wrong));
  });
});
