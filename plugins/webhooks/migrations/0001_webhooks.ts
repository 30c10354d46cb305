/** Endpoints that are told of events, what is on its way to them, and what they answered. */
import type { Knex } from 'knex';

type Table = Knex.CreateTableBuilder;

export const tables = ['webhooks_endpoints', 'webhooks_deliveries', 'webhooks_attempts'] as const;

/** Ids differ by case, whatever a server's default says; SQLite compares bytes anyway. */
function word(table: Table, column: string, length = 64): Knex.ColumnBuilder {
  return table.string(column, length).collate('utf8mb4_bin');
}

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('webhooks_endpoints', (table) => {
    word(table, 'tenant_id').notNullable();
    word(table, 'workspace_id').notNullable();
    word(table, 'id').notNullable();
    word(table, 'url', 2048).notNullable();
    table.boolean('active').notNullable();
    table.boolean('insecure').notNullable();
    table.boolean('ordered').notNullable();
    table.text('events', 'longtext').notNullable();
    table.text('sealed_secrets', 'longtext').notNullable();
    word(table, 'state', 16).notNullable();
    word(table, 'disabled_reason').nullable();
    table.bigInteger('failing_since').nullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.primary(['tenant_id', 'workspace_id', 'id']);
    // It goes with its workspace.
    table
      .foreign(['tenant_id', 'workspace_id'])
      .references(['tenant_id', 'id'])
      .inTable('workspaces')
      .onDelete('CASCADE');
  });
  await knex.schema.createTable('webhooks_deliveries', (table) => {
    word(table, 'tenant_id').notNullable();
    word(table, 'workspace_id').notNullable();
    word(table, 'webhook_id').notNullable();
    word(table, 'id').notNullable();
    word(table, 'event_id').notNullable();
    word(table, 'subject').notNullable();
    word(table, 'action').notNullable();
    table.bigInteger('event_at').notNullable();
    word(table, 'order_key').nullable();
    word(table, 'state', 16).notNullable();
    word(table, 'reason').nullable();
    table.integer('attempts').notNullable();
    table.integer('run').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('started_at').nullable();
    table.bigInteger('ended_at').nullable();
    table.bigInteger('due_at').nullable();
    table.bigInteger('remove_at').notNullable();
    table.primary(['tenant_id', 'id']);
    table
      .foreign(['tenant_id', 'workspace_id', 'webhook_id'])
      .references(['tenant_id', 'workspace_id', 'id'])
      .inTable('webhooks_endpoints')
      .onDelete('CASCADE');
    table.index(['due_at'], 'webhooks_deliveries_due');
    table.index(['remove_at'], 'webhooks_deliveries_removal');
    table.index(['tenant_id', 'workspace_id', 'webhook_id', 'event_at', 'id'], 'webhooks_deliveries_log');
    table.index(['tenant_id', 'webhook_id', 'order_key', 'event_at', 'id'], 'webhooks_deliveries_order');
  });
  await knex.schema.createTable('webhooks_attempts', (table) => {
    word(table, 'tenant_id').notNullable();
    word(table, 'delivery_id').notNullable();
    table.integer('number').notNullable();
    table.bigInteger('at').notNullable();
    table.bigInteger('duration_ms').nullable();
    table.integer('status').nullable();
    word(table, 'reason').notNullable();
    table.text('sealed_exchange', 'longtext').notNullable();
    table.primary(['tenant_id', 'delivery_id', 'number']);
    table
      .foreign(['tenant_id', 'delivery_id'])
      .references(['tenant_id', 'id'])
      .inTable('webhooks_deliveries')
      .onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [...tables].reverse()) await knex.schema.dropTableIfExists(table);
}
