/** One-time codes, the messages that carry them, and since when nobody who signed in before is signed in any more. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  const word = (table: Knex.CreateTableBuilder, column: string, length: number) =>
    table.string(column, length).collate('utf8mb4_bin');
  /** Whose row it is where there is somebody: gone with them. A row made for nobody has no owner. */
  const ofUser = (table: Knex.CreateTableBuilder) => {
    void table
      .foreign(['tenant_id', 'pool_id', 'owner_id'])
      .references(['tenant_id', 'pool_id', 'id'])
      .inTable('users')
      .onDelete('CASCADE');
  };
  await knex.schema.createTable('codes', (table) => {
    word(table, 'tenant_id', 64).notNullable();
    word(table, 'pool_id', 64).notNullable();
    word(table, 'user_id', 64).notNullable();
    word(table, 'type', 32).notNullable();
    word(table, 'id', 64).notNullable();
    word(table, 'owner_id', 64).nullable();
    // Keyed: six digits behind a plain hash are no secret.
    word(table, 'hash', 64).notNullable();
    table.text('sealed_content', 'mediumtext').notNullable();
    table.integer('attempts_left').notNullable();
    word(table, 'consumed_by', 128).nullable();
    table.bigInteger('issued_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.primary(['tenant_id', 'pool_id', 'user_id', 'type']);
    table.index(['expires_at'], 'codes_by_expiry');
    ofUser(table);
  });
  await knex.schema.createTable('messages', (table) => {
    word(table, 'tenant_id', 64).notNullable();
    word(table, 'id', 64).notNullable();
    word(table, 'kind', 64).notNullable();
    word(table, 'pool_id', 64).nullable();
    word(table, 'owner_id', 64).nullable();
    // What to send, and to whom. Left out once it was sent, or is not to be sent any more.
    table.text('sealed_content', 'mediumtext').nullable();
    table.integer('destinations').notNullable();
    word(table, 'state', 16).notNullable();
    word(table, 'reason', 64).nullable();
    table.integer('attempts').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    // When somebody has to look whether its delivery runs; left out once it has ended.
    table.bigInteger('due_at').nullable();
    table.bigInteger('remove_at').notNullable();
    table.primary(['tenant_id', 'id']);
    table.index(['due_at'], 'messages_by_due');
    table.index(['remove_at'], 'messages_by_removal');
    ofUser(table);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('messages');
  await knex.schema.dropTableIfExists('codes');
}
