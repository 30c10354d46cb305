/** Pages of integrators in the middle of a login: what they are, where they are bound, and who is with one of them. */
import type { Knex } from 'knex';

type Table = Knex.CreateTableBuilder | Knex.AlterTableBuilder;

function word(table: Table, column: string, length = 64): Knex.ColumnBuilder {
  return table.string(column, length).collate('utf8mb4_bin');
}

/** The wall: a row belongs to one workspace of one tenant, and goes with it. */
function ofWorkspace(table: Knex.CreateTableBuilder): void {
  word(table, 'tenant_id').notNullable();
  word(table, 'workspace_id').notNullable();
  table
    .foreign(['tenant_id', 'workspace_id'])
    .references(['tenant_id', 'id'])
    .inTable('workspaces')
    .onDelete('CASCADE');
}

/** Of idps: the custom application after them; of those that are a page of somebody's, where it is and its client. */
const ofIdps = ['post_authn_app_id', 'login_url', 'client_id'] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('custom_apps', (table) => {
    ofWorkspace(table);
    word(table, 'id').notNullable();
    table.string('name', 255).notNullable();
    word(table, 'url', 2048).notNullable();
    word(table, 'client_id').notNullable();
    table.primary(['tenant_id', 'workspace_id', 'id']);
  });
  await knex.schema.createTable('server_consents', (table) => {
    ofWorkspace(table);
    word(table, 'url', 2048).notNullable();
    word(table, 'client_id').notNullable();
    table.primary(['tenant_id', 'workspace_id']);
  });
  await knex.schema.createTable('handoffs', (table) => {
    ofWorkspace(table);
    word(table, 'id').notNullable();
    word(table, 'interaction_id', 128).notNullable();
    word(table, 'step', 128).notNullable();
    table.integer('round').notNullable();
    word(table, 'subject', 255).notNullable();
    word(table, 'target_id').notNullable();
    word(table, 'client_id').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('answered_at').nullable();
    table.text('sealed_answer', 'longtext').nullable();
    word(table, 'ticket_hash').nullable();
    table.primary(['tenant_id', 'id']);
    table.unique(['tenant_id', 'workspace_id', 'interaction_id', 'step', 'round'], { indexName: 'handoffs_round' });
    table.index(['expires_at'], 'handoffs_expiry');
  });
  await knex.schema.alterTable('idps', (table) => {
    for (const column of ofIdps) word(table, column, column === 'login_url' ? 2048 : 64).nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const column of ofIdps) {
    if (!(await knex.schema.hasColumn('idps', column))) continue;
    await knex.schema.alterTable('idps', (table) => {
      table.dropColumn(column);
    });
  }
  for (const table of ['handoffs', 'server_consents', 'custom_apps']) await knex.schema.dropTableIfExists(table);
}
