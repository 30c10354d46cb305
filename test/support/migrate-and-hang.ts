/** A process that stops in the middle of a migration and waits there to be killed. Argument: the database's URL. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../server/db/knex.ts';
import { migrateLatest } from '../../server/db/migrate.ts';

const knex = await openDatabase({ url: process.argv[2] ?? '' });
await migrateLatest(knex, {
  history: 'knex_migrations_halfway',
  migrations: [
    {
      name: '0001_halfway',
      up: async (db) => {
        await db.schema.createTable('halfway_one', (table) => table.string('id', 10).primary());
        console.log('in the middle');
        await sleep(60_000);
        await db.schema.createTable('halfway_two', (table) => table.string('id', 10).primary());
      },
      down: () => Promise.resolve(),
    },
  ],
});
