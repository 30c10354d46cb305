/** Stretches of the people of a pool, in the order of their ids: what each is called by is found a stretch at a time. */
import type { Knex } from 'knex';
import { hasIndex } from './has-index.ts';

const id = (table: Knex.CreateTableBuilder, column: string) => table.string(column, 64).collate('utf8mb4_bin');
const indexes = { identifiers: 'identifiers_by_stretch', verifiable_addresses: 'addresses_by_stretch' } as const;
const columns = ['tenant_id', 'pool_id', 'stretch', 'normalized', 'user_id'];

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('user_stretches', (table) => {
    id(table, 'tenant_id').notNullable();
    id(table, 'pool_id').notNullable();
    id(table, 'first_id').notNullable();
    table.primary(['tenant_id', 'pool_id', 'first_id']);
    table.foreign(['tenant_id', 'pool_id']).references(['tenant_id', 'id']).inTable('pools').onDelete('CASCADE');
  });
  for (const [name, index] of Object.entries(indexes))
    await knex.schema.alterTable(name, (table) => {
      // Left out until housekeeping has said which.
      id(table, 'stretch').nullable();
      table.index(columns, index);
    });
}

export async function down(knex: Knex): Promise<void> {
  for (const [name, index] of Object.entries(indexes)) {
    if (!(await knex.schema.hasTable(name))) continue;
    if (await hasIndex(knex, name, index))
      await knex.schema.alterTable(name, (table) => {
        table.dropIndex(columns, index);
      });
    if (await knex.schema.hasColumn(name, 'stretch'))
      await knex.schema.alterTable(name, (table) => {
        table.dropColumn('stretch');
      });
  }
  await knex.schema.dropTableIfExists('user_stretches');
}
