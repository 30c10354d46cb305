import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { PageStep } from '../../../server/db/keyset-page.ts';
import { userId } from '../../../server/kernel/ids.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import { idsWithKey } from '../../../server/users/user-key.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedPool, userOf } from '../../support/seeded.ts';
import { storesOf } from '../../support/stores.ts';

onEachDatabase('idsWithKey', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  const first: PageStep = { cursor: undefined, ascending: true, size: 20 };
  const find = ({ tenantId: tenant, id: pool }: Pool, text: string, step = first) =>
    idsWithKey(knex, { tenant, pool }, { id: text, identifiers: [text], addresses: [text] }, step);

  it('finds nobody of another pool, and takes nothing for a wildcard', async () => {
    const [mine, theirs] = [await seedPool(knex), await seedPool(knex)];
    const { users, identifiers } = storesOf(knex);
    for (const { tenantId, id } of [mine, theirs]) {
      for (const name of ['jo', 'john', 'joé', 'j%n', 'k']) {
        await users.insert(userOf(tenantId, id, { id: userId(`id-${name.replaceAll(/\W/gu, 'x')}`) }));
        const user = userId(`id-${name.replaceAll(/\W/gu, 'x')}`);
        await identifiers.insert(tenantId, id, user, { type: 'uid', value: name, normalized: name });
      }
    }
    assert.deepEqual(await find(mine, 'jo'), ['id-jo', 'id-john', 'id-jox']);
    assert.deepEqual(await find(mine, 'joé'), ['id-jox']);
    assert.deepEqual(await find(mine, 'j%'), ['id-jxn']);
    assert.deepEqual(await find(mine, 'J'), []);
    assert.equal((await find(mine, 'id-')).length, 5);
  });

  describe('where more have such a name than are read by it', () => {
    const count = 17_000;
    const idOf = (index: number): string => `p${String((index * 7919) % count).padStart(5, '0')}`;
    /** Every second person is a 'w%', whose id says nothing of it; each fifth of those by an address alone. */
    const isWanted = (index: number): boolean => index % 2 === 0;
    let pool: Pool;
    const wanted = Array.from({ length: count }, (_, index) => index)
      .filter(isWanted)
      .map(idOf)
      .toSorted();

    before(async () => {
      pool = await seedPool(knex);
      const place = { tenant_id: pool.tenantId, pool_id: pool.id };
      const times = { created_at: 1, updated_at: 1 };
      for (let from = 0; from < count; from += 500) {
        const indexes = Array.from({ length: 500 }, (_, offset) => from + offset);
        await knex('users').insert(
          indexes.map((index) => ({ ...place, id: idOf(index), status: 'active', payload: '{}', ...times })),
        );
        await knex('identifiers').insert(
          indexes.map((index) => {
            const name = `${isWanted(index) && index % 10 !== 0 ? 'w%' : 'wx'}${String(index)}`;
            return { ...place, user_id: idOf(index), normalized: name, type: 'uid', value: name };
          }),
        );
        await knex('verifiable_addresses').insert(
          indexes
            .filter((index) => index % 10 === 0)
            .map((index) => {
              const name = `w%${String(index)}@example.com`;
              const address = { normalized: name, value: name, type: 'email', status: 'new', ...times };
              return { ...place, user_id: idOf(index), ...address };
            }),
        );
      }
    });

    it('pages through all of them, forwards and backwards, each once and in order', async () => {
      for (const ascending of [true, false]) {
        const pages: string[] = [];
        for (let cursor: string | undefined; ; cursor = pages.at(-1)) {
          const page = await find(pool, 'w%', { cursor, ascending, size: 2000 });
          assert.ok(page.length <= 2000);
          pages.push(...page);
          if (page.length < 2000) break;
        }
        assert.deepEqual(pages, ascending ? wanted : wanted.toReversed());
      }
    });

    it('gives a page to who asks for the last of them, too', async () => {
      const step = { cursor: wanted.at(-2), ascending: true, size: 20 };
      assert.deepEqual(await find(pool, 'w%', step), wanted.slice(-1));
      assert.deepEqual(await find(pool, 'w%', { ...step, cursor: wanted.at(-1) }), []);
    });

    it('reads no more of the people than fill the page, however many there are', async () => {
      let statements = 0;
      const onQuery = (): void => {
        statements += 1;
      };
      knex.on('query', onQuery);
      try {
        assert.deepEqual(
          await find(pool, 'w'),
          [...Array(20).keys()].map((index) => `p${String(index).padStart(5, '0')}`),
        );
      } finally {
        knex.off('query', onQuery);
      }
      // One of ids, one of each kind of name, and one stretch of people with the names that are many.
      assert.ok(statements <= 6, String(statements));
    });
  });
});
