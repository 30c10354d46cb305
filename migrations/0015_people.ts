/** What else is known of people: metadata, the schemas they are held to, and the addresses at which they are reached. */
import type { Knex } from 'knex';

const ofUsers = [
  'metadata',
  'business_metadata',
  'payload_schema_id',
  'metadata_schema_id',
  'business_metadata_schema_id',
  'status_updated_at',
];
const ofIdentifiers = ['metadata', 'created_at'];

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('users', (table) => {
    // Left out where it is empty, and where it is the pool's.
    table.text('metadata', 'longtext').nullable();
    table.text('business_metadata', 'longtext').nullable();
    for (const column of ofUsers.filter((name) => name.endsWith('_schema_id')))
      table.string(column, 64).collate('utf8mb4_bin').nullable();
    table.bigInteger('status_updated_at').nullable();
  });
  await knex.schema.alterTable('identifiers', (table) => {
    table.text('metadata').nullable();
    // Left out for those that came with their person.
    table.bigInteger('created_at').nullable();
  });
  await knex.schema.createTable('verifiable_addresses', (table) => {
    const word = (column: string, length: number) => table.string(column, length).collate('utf8mb4_bin');
    word('tenant_id', 64).notNullable();
    word('pool_id', 64).notNullable();
    word('user_id', 64).notNullable();
    word('normalized', 320).notNullable();
    word('value', 320).notNullable();
    word('type', 32).notNullable();
    word('status', 32).notNullable();
    word('preferred_contact_method', 32).nullable();
    table.text('metadata').nullable();
    table.bigInteger('verified_at').nullable();
    // The address again where it is verified: nobody else in the pool has it then.
    word('verified_key', 320).nullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.primary(['tenant_id', 'pool_id', 'user_id', 'normalized']);
    table.unique(['tenant_id', 'pool_id', 'verified_key'], { indexName: 'verified_addresses' });
    table.index(['tenant_id', 'pool_id', 'normalized'], 'addresses_by_value');
    table
      .foreign(['tenant_id', 'pool_id', 'user_id'])
      .references(['tenant_id', 'pool_id', 'id'])
      .inTable('users')
      .onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('verifiable_addresses');
  for (const [name, columns] of [
    ['users', ofUsers],
    ['identifiers', ofIdentifiers],
  ] as const)
    for (const column of columns) {
      if (!(await knex.schema.hasColumn(name, column))) continue;
      await knex.schema.alterTable(name, (table) => {
        table.dropColumn(column);
      });
    }
}
