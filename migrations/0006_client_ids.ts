/** A client's id is unique in its tenant: the management APIs name clients without their workspace. */
import type { Knex } from 'knex';
import { hasIndex } from './has-index.ts';

const table = 'clients';
const index = 'clients_of_tenant';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable(table, (builder) => {
    builder.unique(['tenant_id', 'id'], { indexName: index });
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await hasIndex(knex, table, index))) return;
  await knex.schema.alterTable(table, (builder) => {
    builder.dropUnique(['tenant_id', 'id'], index);
  });
}
