/** Roles in a pool, beside those in a tenant and in a workspace: the pool becomes part of what a grant is known by. */
import type { Knex } from 'knex';

const table = 'role_grants';
const place = ['tenant_id', 'workspace_id'];
const subject = ['subject_type', 'subject_place', 'subject_id'];

/** A primary key cannot be changed in SQLite: the rows move into a table that has the other one. */
async function rebuild(knex: Knex, hasPool: boolean): Promise<void> {
  const moved = `${table}_moved`;
  await knex.schema.dropTableIfExists(moved);
  await knex.schema.createTable(moved, (builder) => {
    const id = (column: string) => builder.string(column, 64).collate('utf8mb4_bin').notNullable();
    const word = (column: string) => builder.string(column, 32).collate('utf8mb4_bin').notNullable();
    for (const column of hasPool ? [...place, 'pool_id'] : place) id(column);
    word('subject_type');
    id('subject_place');
    id('subject_id');
    word('role');
    builder.bigInteger('created_at').notNullable();
    builder.primary([...place, ...(hasPool ? ['pool_id'] : []), ...subject, 'role']);
    // MySQL keeps the name of a constraint when its table is renamed: each form has one of its own.
    const name = hasPool ? 'role_grants_in_pools' : 'role_grants_without_pools';
    builder.foreign('tenant_id', name).references('id').inTable('tenants').onDelete('CASCADE');
  });
  const columns = [...place, ...subject, 'role', 'created_at'].join(', ');
  await knex.raw(
    hasPool
      ? `INSERT INTO ${moved} (${columns}, pool_id) SELECT ${columns}, '' FROM ${table}`
      : `INSERT INTO ${moved} (${columns}) SELECT ${columns} FROM ${table} WHERE pool_id = ''`,
  );
  await knex.schema.dropTable(table);
  await knex.schema.renameTable(moved, table);
  await knex.schema.alterTable(table, (builder) => {
    builder.index(['tenant_id', ...subject], 'role_grants_of_subject');
  });
}

export async function up(knex: Knex): Promise<void> {
  await rebuild(knex, true);
}

export async function down(knex: Knex): Promise<void> {
  if (await knex.schema.hasColumn(table, 'pool_id')) await rebuild(knex, false);
}
