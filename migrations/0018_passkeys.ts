/** Passkeys of people, and the challenges that programs have open for adding another. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('passkeys', (table) => {
    const word = (column: string, length: number) => table.string(column, length).collate('utf8mb4_bin');
    word('tenant_id', 64).notNullable();
    word('pool_id', 64).notNullable();
    // Of the credential id, which is too long for an index.
    word('credential_key', 43).notNullable();
    word('user_id', 64).notNullable();
    word('credential_id', 1364).notNullable();
    table.text('public_key').notNullable();
    table.bigInteger('counter').notNullable();
    table.text('transports').notNullable();
    word('device_type', 32).notNullable();
    table.boolean('backed_up').notNullable();
    word('aaguid', 36).notNullable();
    word('name', 128).notNullable();
    word('attestation_type', 32).notNullable();
    // Left out for those from elsewhere, until they are used.
    word('user_handle', 86).nullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('last_used_at').nullable();
    table.primary(['tenant_id', 'pool_id', 'credential_key']);
    table.index(['tenant_id', 'pool_id', 'user_id'], 'passkeys_of_user');
    table
      .foreign(['tenant_id', 'pool_id', 'user_id'])
      .references(['tenant_id', 'pool_id', 'id'])
      .inTable('users')
      .onDelete('CASCADE');
  });
  await knex.schema.createTable('passkey_challenges', (table) => {
    const word = (column: string, length: number) => table.string(column, length).collate('utf8mb4_bin');
    word('tenant_id', 64).notNullable();
    word('pool_id', 64).notNullable();
    word('user_id', 64).notNullable();
    word('challenge_hash', 43).notNullable();
    table.bigInteger('expires_at').notNullable();
    table.primary(['tenant_id', 'pool_id', 'user_id', 'challenge_hash']);
    table.index(['expires_at'], 'passkey_challenges_by_age');
    table
      .foreign(['tenant_id', 'pool_id', 'user_id'])
      .references(['tenant_id', 'pool_id', 'id'])
      .inTable('users')
      .onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('passkey_challenges');
  await knex.schema.dropTableIfExists('passkeys');
}
