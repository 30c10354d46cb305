/** What lists are asked with. */
import assert from 'node:assert/strict';
import { listQuery, pageOf } from '../../../server/http/list-query.ts';

describe('pageOf', () => {
  const schema = listQuery('server', 'id');
  const read = (query: Readonly<Record<string, string>>) => pageOf('server', schema.parse(query));

  it('is the first twenty where nothing is said, or nothing is meant by it', () => {
    for (const query of [{}, { sort: 'id', order: 'asc', limit: '20' }, { search_phrase: '', sort: '' }])
      assert.deepEqual(read(query), { limit: 20, order: 'asc' });
  });

  it('reads cursors by their noun, and what is looked for', () => {
    assert.deepEqual(read({ after_server_id: 'a', limit: '5', order: 'desc', search_phrase: 'Shop' }), {
      after: 'a',
      limit: 5,
      order: 'desc',
      search: 'Shop',
    });
    assert.deepEqual(read({ before_server_id: 'b' }), { before: 'b', limit: 20, order: 'asc' });
    assert.deepEqual(read({ after_client_id: 'a' }), { limit: 20, order: 'asc' });
  });

  for (const query of [
    { limit: '0' },
    { limit: '-1' },
    { limit: 'many' },
    { limit: '1.5' },
    { order: 'up' },
    { sort: 'colour' },
    { search_phrase: 'x'.repeat(256) },
  ])
    it(`refuses ${JSON.stringify(query).slice(0, 30)}`, () => {
      assert.equal(schema.safeParse(query).success, false);
    });
});
