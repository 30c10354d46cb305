/** Stretches: every row in the one that its person's id falls into, none too long, whoever keeps house beside. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isSqlite } from '../../../server/db/knex.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import { createStretchStore } from '../../../server/users/stretch.store.ts';
import { longestStretch, stretchSize } from '../../../server/users/stretch.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedPool } from '../../support/seeded.ts';

interface Placed {
  readonly user_id: string;
  readonly stretch: string | null;
}

onEachDatabase('createStretchStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  const idOf = (index: number): string => `p${String((index * 7919) % 10_007).padStart(5, '0')}`;
  const seed = async ({ tenantId, id }: Pool, from: number, to: number, names = 1) => {
    const place = { tenant_id: tenantId, pool_id: id };
    const times = { created_at: 1, updated_at: 1 };
    const indexes = Array.from({ length: to - from }, (_, at) => from + at);
    await knex.batchInsert(
      'users',
      indexes.map((index) => ({ ...place, id: idOf(index), status: 'active', payload: '{}', ...times })),
      50,
    );
    const rows = indexes.flatMap((index) =>
      Array.from({ length: names }, (_, at) => ({
        ...place,
        user_id: idOf(index),
        normalized: `${String(index)}-${String(at)}`,
        type: 'uid',
        value: '',
      })),
    );
    await knex.batchInsert('identifiers', rows, 50);
  };
  const rowsOf = ({ tenantId, id }: Pool): Promise<readonly Placed[]> =>
    knex<Placed & { tenant_id: string; pool_id: string }>('identifiers').where({ tenant_id: tenantId, pool_id: id });
  const isPlaced = async (pool: Pool): Promise<void> => {
    const bounds = (
      await knex<{ first_id: string; pool_id: string }>('user_stretches').where({ pool_id: pool.id }).pluck('first_id')
    )
      .map(String)
      .toSorted();
    const amounts = new Map<string, number>();
    for (const { user_id: user, stretch } of await rowsOf(pool)) {
      assert.equal(
        stretch,
        bounds.findLast((first) => first <= user),
      );
      const own = stretch;
      amounts.set(own, (amounts.get(own) ?? 0) + 1);
    }
    for (const amount of amounts.values()) assert.ok(amount < longestStretch, String(amount));
  };

  it('places what is new a few at a time, and cuts what has grown', async () => {
    const [pool, other] = [await seedPool(knex), await seedPool(knex)];
    await seed(pool, 0, 3000);
    await seed(other, 0, 10);
    const store = createStretchStore(knex);
    assert.equal(await store.place(250), 250);
    while ((await store.place(500)) === 500);
    await isPlaced(pool);
    await isPlaced(other);
    assert.ok((await knex('user_stretches').where({ pool_id: pool.id })).length >= 3);
    assert.equal((await knex('user_stretches').where({ pool_id: other.id })).length, 1);
    await seed(pool, 3000, 4500);
    await store.place(100_000);
    await isPlaced(pool);
    assert.equal(await store.place(500), 0);
  });

  it('meets many in the order of their people, so that each stretch is looked at a few times', async () => {
    const pool = await seedPool(knex);
    await seed(pool, 0, 4000);
    const store = createStretchStore(knex);
    await store.place(100_000);
    await seed(pool, 4000, 8000);
    const counted: string[] = [];
    const updates: { sql: string; bindings: Knex.RawBinding[] }[] = [];
    const listen = ({ sql, bindings }: { sql: string; bindings: Knex.RawBinding[] }) => {
      if (sql.includes('count(')) counted.push(sql);
      if (sql.startsWith('update')) updates.push({ sql, bindings });
    };
    knex.on('query', listen);
    while ((await store.place(500)) === 500);
    knex.removeListener('query', listen);
    await isPlaced(pool);
    const stretches = await knex('user_stretches').where({ pool_id: pool.id });
    const batches = 4000 / 250;
    assert.ok(
      counted.length <= batches + 2 * stretches.length,
      `${String(counted.length)} in ${String(batches)} batches`,
    );
    assert.ok(updates.length >= batches);
    if (!isSqlite(knex)) return;
    for (const { sql, bindings } of updates) {
      const plan: unknown = await knex.raw(`explain query plan ${sql}`, bindings);
      // By whose they are, and by no range: either all that is new, or everybody behind them, would be gone through.
      assert.match(JSON.stringify(plan), /user_id=\?/);
    }
  });

  it('goes on after a walk was lost, over whoever came behind it, and over a pool that has gone', async () => {
    const [pool, other] = [await seedPool(knex), await seedPool(knex)];
    await seed(pool, 0, 3000);
    await createStretchStore(knex).place(500);
    const store = createStretchStore(knex);
    await store.place(1500);
    await seed(pool, 3000, 3400, 2);
    await seed(other, 0, 2500);
    while ((await store.place(250)) === 250);
    await isPlaced(pool);
    await isPlaced(other);
    assert.equal(await store.place(1), 0);

    const [gone, stays] = [await seedPool(knex), await seedPool(knex)];
    await seed(gone, 0, 2500);
    await store.place(250);
    await knex('users').where({ pool_id: gone.id }).delete();
    await knex('pools').where({ id: gone.id }).delete();
    await seed(stays, 0, 10);
    // SQLite says that the pool has gone, MySQL passes over it.
    await store.place(1).catch(() => undefined);
    await store.place(100_000);
    await isPlaced(stays);
  });

  it('agrees with whoever else keeps house at the same time', async () => {
    const pool = await seedPool(knex);
    await seed(pool, 0, 2500);
    const second = await open();
    const both = [createStretchStore(knex), createStretchStore(second)];
    // Two connections of one process to one file of SQLite wait for each other's turn, and neither would come.
    if (isSqlite(knex)) for (let turn = 0; turn < 12; turn += 1) await both[turn % 2]?.place(250);
    else await Promise.all(both.map((store) => store.place(100_000)));
    await isPlaced(pool);
  });

  it('cuts nobody in two, however many names they have', async () => {
    const pool = await seedPool(knex);
    await seed(pool, 0, 1, 2 * stretchSize + 100);
    await createStretchStore(knex).place(100_000);
    assert.deepEqual([...new Set((await rowsOf(pool)).map(({ stretch }) => stretch))], ['']);
  });

  it('goes with its pool', async () => {
    const pool = await seedPool(knex);
    await seed(pool, 0, 10);
    await createStretchStore(knex).place(100_000);
    await knex('users').where({ pool_id: pool.id }).delete();
    await knex('pools').where({ id: pool.id }).delete();
    assert.deepEqual(await knex('user_stretches').where({ pool_id: pool.id }), []);
  });
});
