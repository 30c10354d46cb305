/** Logins in progress, what they left behind, what happened, and who still has to hear of it. */
import type { Knex } from 'knex';

function id(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return table.string(column, 64).collate('utf8mb4_bin').notNullable();
}

/** Names given by the engine, by clients and by plugins. */
function name(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return table.string(column, 128).collate('utf8mb4_bin').notNullable();
}

/** Milliseconds since the epoch. */
function time(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return table.bigInteger(column).notNullable();
}

/** The wall: a row belongs to one workspace of one tenant, and goes with it. */
function ofWorkspace(table: Knex.CreateTableBuilder): void {
  id(table, 'tenant_id');
  id(table, 'workspace_id');
  table
    .foreign(['tenant_id', 'workspace_id'])
    .references(['tenant_id', 'id'])
    .inTable('workspaces')
    .onDelete('CASCADE');
}

export async function up(knex: Knex): Promise<void> {
  await createLoginsInProgress(knex);
  await createWhatLoginsLeaveBehind(knex);
  await createEvents(knex);
}

async function createLoginsInProgress(knex: Knex): Promise<void> {
  await knex.schema.createTable('interactions', (table) => {
    ofWorkspace(table);
    name(table, 'id');
    name(table, 'uid');
    name(table, 'client_id');
    name(table, 'state');
    name(table, 'step');
    table.text('person').nullable();
    name(table, 'reason').nullable();
    time(table, 'started_at');
    time(table, 'expires_at').index('interactions_expiry');
    table.bigInteger('committed_at').nullable();
    table.primary(['tenant_id', 'workspace_id', 'id']);
    table.unique(['tenant_id', 'workspace_id', 'uid'], { indexName: 'interactions_uid' });
  });
  await knex.schema.createTable('proofs', (table) => {
    ofWorkspace(table);
    id(table, 'id');
    name(table, 'interaction_id');
    name(table, 'client_id');
    id(table, 'idp_id').nullable();
    name(table, 'update_name');
    name(table, 'nonce');
    table.text('sealed_content', 'longtext').notNullable();
    time(table, 'created_at');
    time(table, 'expires_at').index('proofs_expiry');
    table.string('consumed_by', 512).collate('utf8mb4_bin').nullable();
    table.primary(['tenant_id', 'workspace_id', 'id']);
    table.unique(['tenant_id', 'workspace_id', 'interaction_id', 'update_name', 'nonce'], {
      indexName: 'proofs_submit',
    });
  });
  await knex.schema.createTable('throttles', (table) => {
    id(table, 'tenant_id');
    id(table, 'id');
    table.text('failures').notNullable();
    time(table, 'blocked_until');
    time(table, 'expires_at').index('throttles_expiry');
    table.primary(['tenant_id', 'id']);
  });
}

async function createWhatLoginsLeaveBehind(knex: Knex): Promise<void> {
  await knex.schema.createTable('consents', (table) => {
    ofWorkspace(table);
    id(table, 'id');
    name(table, 'type');
    table.string('subject', 255).collate('utf8mb4_bin').notNullable();
    name(table, 'client_id');
    name(table, 'grant_id');
    table.text('granted_scopes').notNullable();
    table.text('denied_scopes').notNullable();
    table.text('details', 'longtext').notNullable();
    name(table, 'interaction_id');
    time(table, 'granted_at');
    table.bigInteger('expires_at').nullable();
    table.bigInteger('revoked_at').nullable();
    table.primary(['tenant_id', 'workspace_id', 'id']);
    table.index(['tenant_id', 'workspace_id', 'subject', 'client_id', 'granted_at'], 'consents_active');
    table.index(['tenant_id', 'workspace_id', 'subject', 'granted_at'], 'consents_subject');
  });
  await knex.schema.createTable('authentication_snapshots', (table) => {
    ofWorkspace(table);
    name(table, 'grant_id');
    table.text('sealed_payload', 'longtext').notNullable();
    time(table, 'expires_at').index('authentication_snapshots_expiry');
    table.primary(['tenant_id', 'workspace_id', 'grant_id']);
  });
}

/** No foreign key to a tenant: that something was removed is told after it was removed. */
async function createEvents(knex: Knex): Promise<void> {
  await knex.schema.createTable('audit_events', (table) => {
    id(table, 'tenant_id');
    id(table, 'id');
    id(table, 'workspace_id').nullable();
    name(table, 'subject');
    name(table, 'action');
    time(table, 'at');
    table.text('metadata').notNullable();
    table.text('payload', 'longtext').notNullable();
    table.primary(['tenant_id', 'id']);
    table.index(['tenant_id', 'workspace_id', 'at'], 'audit_events_time');
  });
  await knex.schema.createTable('outbox', (table) => {
    id(table, 'tenant_id');
    id(table, 'event_id');
    name(table, 'observer');
    table.integer('attempts').notNullable();
    time(table, 'due_at').index('outbox_due');
    time(table, 'created_at').index('outbox_age');
    table.primary(['tenant_id', 'event_id', 'observer']);
    table
      .foreign(['tenant_id', 'event_id'])
      .references(['tenant_id', 'id'])
      .inTable('audit_events')
      .onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  const youngestFirst = [
    'outbox',
    'audit_events',
    'authentication_snapshots',
    'consents',
    'throttles',
    'proofs',
    'interactions',
  ];
  for (const table of youngestFirst) await knex.schema.dropTableIfExists(table);
}
