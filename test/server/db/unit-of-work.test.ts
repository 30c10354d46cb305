import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isSqlite } from '../../../server/db/knex.ts';
import { createUnitOfWork } from '../../../server/db/unit-of-work.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import type { PartedUnitOfWork } from '../../../server/kernel/unit-of-work.ts';
import { onEachDatabase } from '../../support/databases.ts';

interface Counters {
  read(id: string): Promise<number>;
  write(id: string, n: number): Promise<void>;
}

function createCounters(executor: Knex): Counters {
  const rows = () => executor<{ id: string; n: number }>('counters');
  return {
    read: async (id) => (await rows().where({ id }).forUpdate().first())?.n ?? 0,
    write: async (id, n) => {
      await rows().where({ id }).update({ n });
    },
  };
}

onEachDatabase('UnitOfWork', (open) => {
  let knex: Knex;
  let unitOfWork: PartedUnitOfWork<Counters>;

  before(async () => {
    knex = await open();
    await knex.schema.createTable('counters', (table) => {
      table.string('id', 10).primary();
      table.integer('n').notNullable();
    });
    unitOfWork = createUnitOfWork(knex, createCounters);
  });
  beforeEach(async () => {
    await knex('counters').delete();
    await knex('counters').insert([
      { id: 'a', n: 0 },
      { id: 'b', n: 0 },
    ]);
  });

  it('keeps all of it when the work resolves, and answers with its value', async () => {
    const answer = await unitOfWork.run(async (counters) => {
      await counters.write('a', 1);
      await counters.write('b', 2);
      return 'done';
    });
    assert.equal(answer, 'done');
    assert.deepEqual(await knex('counters').orderBy('id').pluck('n'), [1, 2]);
  });

  it('keeps nothing when the work rejects', async () => {
    const work = unitOfWork.run(async (counters) => {
      await counters.write('a', 1);
      throw new RangeError('no');
    });
    await assert.rejects(work, RangeError);
    assert.deepEqual(await knex('counters').pluck('n'), [0, 0]);
  });

  it('keeps of its parts those that say so, and asks the same for those that do not', async () => {
    const asked = async (isToStay: boolean) => {
      const queries: string[] = [];
      const note = ({ sql }: { readonly sql: string }) => queries.push(sql.replaceAll(/trx\d+/g, 'trx'));
      knex.on('query', note);
      const answer = await unitOfWork.runInParts(async (counters, part) => {
        await counters.write('a', 1);
        await part(async (inner) => {
          await inner.write('b', 2);
          return isToStay;
        });
        return counters.read('a');
      });
      knex.off('query', note);
      assert.equal(answer, 1);
      return queries;
    };
    const undone = await asked(false);
    assert.deepEqual(await knex('counters').orderBy('id').pluck('n'), [1, 0]);
    const kept = await asked(true);
    assert.deepEqual(await knex('counters').orderBy('id').pluck('n'), [1, 2]);
    const differing = undone.filter((sql, at) => sql !== kept[at]);
    assert.equal(undone.length, kept.length);
    assert.deepEqual([differing.length, differing[0]?.startsWith('ROLLBACK TO')], [1, true]);
  });

  it('keeps nothing when a part rejects, and says why', async () => {
    const work = unitOfWork.runInParts(async (counters, part) => {
      await counters.write('a', 1);
      await part(() => Promise.reject(new RangeError('no')));
    });
    await assert.rejects(work, RangeError);
    assert.deepEqual(await knex('counters').pluck('n'), [0, 0]);
  });

  it('loses none of twenty increments at once', async () => {
    // Two pools of one process would wait for each other's lock with the event loop held: SQLite is shared by processes.
    const elsewhere = isSqlite(knex) ? unitOfWork : createUnitOfWork(await open(), createCounters);
    const increment = async (counters: Counters) => counters.write('a', (await counters.read('a')) + 1);
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? unitOfWork : elsewhere).run(increment)));
    assert.equal(await createCounters(knex).read('a'), 20);
  });

  it('runs the victim of a deadlock again', async function () {
    if (isSqlite(knex)) this.skip();
    let runs = 0;
    const met = Promise.withResolvers<undefined>();
    const crosswise = (first: string, second: string) =>
      unitOfWork.run(async (counters) => {
        await counters.write(first, (await counters.read(first)) + 1);
        // Each holds its first before either asks for the other's.
        if ((runs += 1) === 2) met.resolve(undefined);
        await met.promise;
        await counters.write(second, (await counters.read(second)) + 1);
      });
    await Promise.all([crosswise('a', 'b'), crosswise('b', 'a')]);
    assert.ok(runs > 2, 'one of them began anew');
    assert.deepEqual(await knex('counters').pluck('n'), [2, 2]);
  });

  it('gives up after five deadlocks, saying that the database is busy', async () => {
    let runs = 0;
    const unlucky = unitOfWork.run(() => {
      runs += 1;
      return Promise.reject(Object.assign(new Error('deadlock'), { code: 'ER_LOCK_DEADLOCK' }));
    });
    await assert.rejects(unlucky, (error) => isPlatformError(error, 'unavailable'));
    assert.equal(runs, 5);
  });
});
