/** Services, which are what scopes give access to; and the ids by which the management APIs name scopes. */
import type { Knex } from 'knex';
import { newId } from '../server/kernel/ids.ts';
import { hasIndex } from './has-index.ts';

const scopes = 'scopes';
const scopesById = 'scopes_of_tenant';
const columns = ['id', 'service_id', 'transient', 'metadata'] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('services', (table) => {
    const id = (column: string) => table.string(column, 64).collate('utf8mb4_bin').notNullable();
    id('tenant_id');
    id('workspace_id');
    id('id');
    table.string('name', 255).notNullable();
    table.text('description').notNullable();
    table.string('custom_audience', 512).collate('utf8mb4_bin').nullable();
    table.string('type', 32).collate('utf8mb4_bin').notNullable();
    table.boolean('is_system').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.primary(['tenant_id', 'workspace_id', 'id']);
    table.unique(['tenant_id', 'id'], { indexName: 'services_of_tenant' });
    table
      .foreign(['tenant_id', 'workspace_id'])
      .references(['tenant_id', 'id'])
      .inTable('workspaces')
      .onDelete('CASCADE');
  });
  await knex.schema.alterTable(scopes, (table) => {
    table.string('id', 64).collate('utf8mb4_bin').nullable();
    table.string('service_id', 64).collate('utf8mb4_bin').nullable();
    table.boolean('transient').notNullable().defaultTo(false);
    table.text('metadata').nullable();
  });
  await giveIds(knex);
  await knex.schema.alterTable(scopes, (table) => {
    table.unique(['tenant_id', 'id'], { indexName: scopesById });
  });
}

/** Those that are there had none. */
async function giveIds(knex: Knex): Promise<void> {
  const nameless = () => knex(scopes).whereNull('id');
  for (;;) {
    const rows: readonly Readonly<Record<'tenant_id' | 'workspace_id' | 'name', string>>[] = await nameless()
      .limit(500)
      .select('tenant_id', 'workspace_id', 'name');
    if (rows.length === 0) return;
    for (const row of rows) await nameless().where(row).update({ id: newId() });
  }
}

export async function down(knex: Knex): Promise<void> {
  if (await hasIndex(knex, scopes, scopesById)) {
    await knex.schema.alterTable(scopes, (table) => {
      table.dropUnique(['tenant_id', 'id'], scopesById);
    });
  }
  for (const column of columns) {
    if (!(await knex.schema.hasColumn(scopes, column))) continue;
    await knex.schema.alterTable(scopes, (table) => {
      table.dropColumn(column);
    });
  }
  await knex.schema.dropTableIfExists('services');
}
