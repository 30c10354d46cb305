/** What is asked of several people for one login, and what each of them decided. */
import type { Knex } from 'knex';

function word(table: Knex.CreateTableBuilder, column: string, length = 64): Knex.ColumnBuilder {
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

const tables = ['approval_decisions', 'approvals'];

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('approvals', (table) => {
    ofWorkspace(table);
    word(table, 'id').notNullable();
    for (const column of ['interaction_id', 'client_id', 'run_id']) word(table, column).notNullable();
    // Which of the calls of its run it is.
    table.integer('call_number').notNullable();
    // Of whom it is asked; empty for no group, and for no role.
    word(table, 'pool_id').notNullable();
    word(table, 'group_id').notNullable();
    word(table, 'role', 32).notNullable();
    table.integer('quorum').notNullable();
    table.integer('approved').notNullable();
    table.integer('reminders').notNullable();
    word(table, 'state', 16).notNullable();
    table.text('sealed_record', 'mediumtext').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('ended_at').nullable();
    // When its workflow has to be told, or looked for; left out once it knows the end.
    table.bigInteger('due_at').nullable();
    table.primary(['tenant_id', 'id']);
    table.unique(['tenant_id', 'run_id', 'call_number'], { indexName: 'approvals_once' });
    table.index(['tenant_id', 'workspace_id', 'created_at', 'id'], 'approvals_by_time');
    table.index(['tenant_id', 'workspace_id', 'state', 'expires_at'], 'approvals_by_state');
    table.index(['due_at'], 'approvals_due');
    table.index(['expires_at'], 'approvals_by_age');
  });
  await knex.schema.createTable('approval_decisions', (table) => {
    ofWorkspace(table);
    word(table, 'approval_id').notNullable();
    word(table, 'pool_id').notNullable();
    word(table, 'user_id').notNullable();
    table.boolean('approves').notNullable();
    table.text('sealed_record', 'mediumtext').notNullable();
    table.bigInteger('decided_at').notNullable();
    // One person, one decision.
    table.primary(['tenant_id', 'approval_id', 'pool_id', 'user_id']);
    table
      .foreign(['tenant_id', 'approval_id'])
      .references(['tenant_id', 'id'])
      .inTable('approvals')
      .onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of tables) await knex.schema.dropTableIfExists(table);
}
