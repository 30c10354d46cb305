/** A process that raises one counter in units of work. Arguments: the database's URL, and how often. */
import { openDatabase } from '../../server/db/knex.ts';
import { createUnitOfWork } from '../../server/db/unit-of-work.ts';

const [, , url = '', times = '0'] = process.argv;
const knex = await openDatabase({ url });
const unitOfWork = createUnitOfWork(knex, (executor) => executor<{ id: string; n: number }>('counters'));
for (let done = 0; done < Number(times); done += 1) {
  await unitOfWork.run(async (counters) => {
    const row = await counters.clone().where({ id: 'a' }).forUpdate().first();
    await counters
      .clone()
      .where({ id: 'a' })
      .update({ n: (row?.n ?? 0) + 1 });
  });
}
await knex.destroy();
