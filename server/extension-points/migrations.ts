/** Extension point `migrations` (contribute): a plugin's tables and their own history, apart from core's. */
import type { Migration, MigrationPlan } from '../db/migration.ts';
import { bootError } from './boot-error.ts';

/** Named `0001_what_it_does`: numbered from 0001 without a gap. */
export interface PluginMigration extends Migration {
  /** Tables it makes, each with the plugin's prefix. */
  readonly tables: readonly string[];
}

/** What all tables of a plugin begin with: `terms` owns `terms_…`, `e-mail` owns `e_mail_…`. */
export function tablePrefix(pluginId: string): string {
  return `${pluginId.replaceAll('-', '_')}_`;
}

/** @throws PlatformError `internal` naming the plugin and the migration or table */
export function checkMigrations(pluginId: string, migrations: readonly PluginMigration[]): void {
  const tables = new Set<string>();
  migrations.forEach(({ name, tables: made }, index) => {
    const number = String(index + 1).padStart(4, '0');
    if (!/^\d{4}_[a-z0-9_]+$/.test(name))
      throw bootError(pluginId, `migration "${name}" is not named like 0001_what_it_does`);
    if (!name.startsWith(`${number}_`)) throw bootError(pluginId, `migration ${number} is missing before "${name}"`);
    for (const table of made) {
      if (!table.startsWith(tablePrefix(pluginId))) {
        throw bootError(pluginId, `table "${table}" does not begin with "${tablePrefix(pluginId)}"`);
      }
      if (tables.has(table)) throw bootError(pluginId, `table "${table}" is made twice`);
      tables.add(table);
    }
  });
}

/** What is to be applied after core's own, one history each. */
export function migrationPlans(
  plugins: readonly { readonly id: string; readonly migrations: readonly Migration[] }[],
): readonly MigrationPlan[] {
  return plugins
    .filter(({ migrations }) => migrations.length > 0)
    .map(({ id, migrations }) => ({ history: `knex_migrations_${id.replaceAll('-', '_')}`, migrations }));
}
