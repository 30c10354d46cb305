/** What a workspace's tokens say of people beyond what OpenID Connect's own scopes release. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('claims', (table) => {
    const word = (column: string, length: number) => table.string(column, length).collate('utf8mb4_bin').notNullable();
    word('tenant_id', 64);
    word('workspace_id', 64);
    word('id', 64);
    word('type', 32);
    word('name', 128);
    table.text('description').notNullable();
    table.string('source_path', 512).notNullable();
    table.text('scopes').notNullable();
    table.boolean('is_opaque').notNullable();
    table.primary(['tenant_id', 'workspace_id', 'type', 'name']);
    table.unique(['tenant_id', 'id'], { indexName: 'claims_of_tenant' });
    table
      .foreign(['tenant_id', 'workspace_id'])
      .references(['tenant_id', 'id'])
      .inTable('workspaces')
      .onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('claims');
}
