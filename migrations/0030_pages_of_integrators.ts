/** More pages of integrators: the login page of an idp, and the consent page of a workspace, each with its client. */
import type { Knex } from 'knex';

type Table = Knex.CreateTableBuilder | Knex.AlterTableBuilder;

function word(table: Table, column: string, length = 64): Knex.ColumnBuilder {
  return table.string(column, length).collate('utf8mb4_bin');
}

/** Of idps: where their people prove who they are, and the client that says who they are. */
const columns = ['login_url', 'client_id'] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('server_consents', (table) => {
    word(table, 'tenant_id').notNullable();
    word(table, 'workspace_id').notNullable();
    word(table, 'url', 2048).notNullable();
    word(table, 'client_id').notNullable();
    table.primary(['tenant_id', 'workspace_id']);
    table
      .foreign(['tenant_id', 'workspace_id'])
      .references(['tenant_id', 'id'])
      .inTable('workspaces')
      .onDelete('CASCADE');
  });
  await knex.schema.alterTable('idps', (table) => {
    word(table, 'login_url', 2048).nullable();
    word(table, 'client_id').nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable('idps'))
    for (const column of columns)
      if (await knex.schema.hasColumn('idps', column))
        await knex.schema.alterTable('idps', (table) => {
          table.dropColumn(column);
        });
  await knex.schema.dropTableIfExists('server_consents');
}
