/** Roles of administrators: in a tenant, or in one of its workspaces. */
import type { Knex } from 'knex';

const table = 'role_grants';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable(table, (builder) => {
    const id = (column: string) => builder.string(column, 64).collate('utf8mb4_bin').notNullable();
    const word = (column: string) => builder.string(column, 32).collate('utf8mb4_bin').notNullable();
    id('tenant_id');
    id('workspace_id');
    word('subject_type');
    id('subject_place');
    id('subject_id');
    word('role');
    builder.bigInteger('created_at').notNullable();
    builder.primary(['tenant_id', 'workspace_id', 'subject_type', 'subject_place', 'subject_id', 'role']);
    builder.index(['tenant_id', 'subject_type', 'subject_place', 'subject_id'], 'role_grants_of_subject');
    builder.foreign('tenant_id').references('id').inTable('tenants').onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists(table);
}
