import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { PageStep } from '../../../server/db/keyset-page.ts';
import { newId, userId } from '../../../server/kernel/ids.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import { idsWithKey } from '../../../server/users/user-key.store.ts';
import { createStretchStore } from '../../../server/users/stretch.store.ts';
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
      // One of ids, one of each kind of name, those of them that are new, and one stretch of people with the names that are many.
      assert.ok(statements <= 7, String(statements));
    });

    it('answers the same while housekeeping places them, and cuts stretches', async () => {
      const step = { cursor: wanted.at(4000), ascending: true, size: 20 };
      const placing = { isDone: false };
      const done = createStretchStore(knex)
        .place(100_000)
        .finally(() => {
          placing.isDone = true;
        });
      while (!placing.isDone) {
        assert.deepEqual(await find(pool, 'w%', step), wanted.slice(4001, 4021));
        assert.deepEqual(await find(pool, 'w%', { ...step, ascending: false }), wanted.slice(3980, 4000).toReversed());
      }
      assert.ok((await done) > count);
      const cursor = wanted.at(-2);
      assert.deepEqual(await find(pool, 'w%', { cursor, ascending: true, size: 20 }), wanted.slice(-1));
    });
  });

  describe('where their ids are in the order of their names', () => {
    const count = 9000;
    const half = count / 2;
    const idOf = (index: number): string => `u${String(index).padStart(6, '0')}`;
    let pool: Pool;
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
            const name = `${index < half ? 'a' : 'b'}${String(index).padStart(6, '0')}`;
            return { ...place, user_id: idOf(index), normalized: name, type: 'uid', value: name };
          }),
        );
      }
      await createStretchStore(knex).place(100_000);
    });

    const asked = async (text: string, step: PageStep) => {
      const statements: string[] = [];
      const onQuery = ({ sql }: { readonly sql: string }): void => {
        statements.push(sql);
      };
      knex.on('query', onQuery);
      try {
        return { page: await find(pool, text, step), statements };
      } finally {
        knex.off('query', onQuery);
      }
    };
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => idOf(from + at));

    it('walks past nobody who is called otherwise, whichever way it goes and wherever it begins', async () => {
      const backwards = { ...first, ascending: false };
      for (const [text, step, page] of [
        ['b', first, range(half, half + 20)],
        ['a', backwards, range(half - 20, half).toReversed()],
        ['a', { ...first, cursor: idOf(half - 3) }, range(half - 2, half)],
        ['b', { ...backwards, cursor: idOf(half + 2) }, range(half, half + 2).toReversed()],
        ['b', { ...first, cursor: idOf(3) }, range(half, half + 20)],
      ] as const) {
        const { page: found, statements } = await asked(text, step);
        assert.deepEqual(found, page);
        assert.ok(!statements.some((sql) => sql.includes('substr')), statements.join('\n'));
        // Two for each width of stretches that are looked into, of the one table in which many are called so; the rest before and after.
        assert.ok(statements.length <= 14, String(statements.length));
      }
    });

    it('looks for names of the other kind no further than the page reaches', async () => {
      const place = { tenant_id: pool.tenantId, pool_id: pool.id };
      const times = { created_at: 1, updated_at: 1 };
      const address = (index: number) => `a${String(index)}@example.com`;
      // The last three hundred of a pool whose first half is called so otherwise.
      const rows = Array.from({ length: 300 }, (_, at) => count - 300 + at).map((index) => ({
        ...{ ...place, user_id: idOf(index), normalized: address(index), value: address(index) },
        ...{ type: 'email', status: 'new', ...times },
      }));
      await knex.batchInsert('verifiable_addresses', rows, 50);
      await createStretchStore(knex).place(100_000);
      const backwards = { ...first, ascending: false };
      for (const [step, page, table] of [
        [first, range(0, 20), 'verifiable_addresses'],
        [{ ...first, cursor: idOf(half - 30) }, range(half - 29, half - 9), 'verifiable_addresses'],
        [backwards, range(count - 20, count).toReversed(), 'identifiers'],
        [
          { ...first, cursor: idOf(half - 3) },
          [...range(half - 2, half), ...range(count - 300, count - 282)],
          undefined,
        ],
      ] as const) {
        const { page: found, statements } = await asked('a', step);
        assert.deepEqual(found, page);
        const looks = statements.filter((sql) => table !== undefined && sql.includes(table) && sql.includes(' in ('));
        assert.ok(looks.length <= 2, looks.join('\n'));
      }
      await knex('verifiable_addresses').where(place).delete();
    });

    it('pages through all of them, forwards and backwards, with those whom housekeeping has not met', async () => {
      const { users, identifiers } = storesOf(knex);
      const late = idOf(half - 1).replace('u', 'u0');
      for (const id of [late, `z${newId()}`]) {
        await users.insert(userOf(pool.tenantId, pool.id, { id: userId(id) }));
        const name = { type: 'uid', value: `b-${id}`, normalized: `b-${id}` } as const;
        await identifiers.insert(pool.tenantId, pool.id, userId(id), name);
      }
      const everybody = (await knex('identifiers').where({ pool_id: pool.id }).where('normalized', '>=', 'b'))
        .map(({ user_id: id }: { user_id: string }) => id)
        .toSorted();
      assert.equal(everybody.length, half + 2);
      for (const ascending of [true, false]) {
        const pages: string[] = [];
        for (let cursor: string | undefined; ; cursor = pages.at(-1)) {
          const page = await find(pool, 'b', { cursor, ascending, size: 1000 });
          pages.push(...page);
          if (page.length < 1000) break;
        }
        assert.deepEqual(pages, ascending ? everybody : everybody.toReversed());
      }
    });
  });
});
