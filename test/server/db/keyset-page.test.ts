import assert from 'node:assert/strict';
import createKnex from 'knex';
import { keysetPage } from '../../../server/db/keyset-page.ts';
import type { PageQuery } from '../../../server/kernel/pagination.ts';

describe('keysetPage', () => {
  const knex = createKnex({ client: 'better-sqlite3', useNullAsDefault: true });
  after(() => knex.destroy());

  const sqlOf = (query: PageQuery): string => {
    const rows = knex('t');
    keysetPage(query).select(rows, 'id');
    return rows.toQuery().replaceAll('`', '');
  };

  it('asks for rows beyond the cursor only, in the order that reads the fewest', () => {
    assert.equal(sqlOf({ limit: 2, order: 'asc' }), 'select * from t order by id asc limit 2');
    assert.equal(
      sqlOf({ limit: 2, order: 'asc', after: 'b' }),
      "select * from t where id > 'b' order by id asc limit 2",
    );
    assert.equal(
      sqlOf({ limit: 2, order: 'asc', before: 'b' }),
      "select * from t where id < 'b' order by id desc limit 2",
    );
    assert.equal(
      sqlOf({ limit: 2, order: 'desc', after: 'b' }),
      "select * from t where id < 'b' order by id desc limit 2",
    );
    assert.equal(
      sqlOf({ limit: 2, order: 'desc', before: 'b' }),
      "select * from t where id > 'b' order by id asc limit 2",
    );
  });

  it('turns a page that was read backwards round', () => {
    assert.deepEqual(keysetPage({ limit: 2, order: 'asc' }).inOrder([1, 2]), [1, 2]);
    assert.deepEqual(keysetPage({ limit: 2, order: 'asc', before: 'b' }).inOrder([2, 1]), [1, 2]);
  });

  it('reads between 1 and 100 rows, whatever it is asked', () => {
    for (const [limit, size] of [
      [0, 1],
      [-5, 1],
      [2.9, 2],
      [101, 100],
      [Infinity, 100],
    ] as const) {
      assert.ok(sqlOf({ limit, order: 'asc' }).endsWith(`limit ${String(size)}`), String(limit));
    }
  });
});
