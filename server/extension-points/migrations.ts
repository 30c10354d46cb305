/** Extension point `migrations` (contribute): a plugin's tables and their own history, apart from core's. */
import type { Knex } from 'knex';
import { bootError } from './boot-error.ts';

export interface PluginMigration {
  /** `0001_what_it_does`: numbered from 0001 without a gap, never renamed after it landed. */
  readonly name: string;
  /** Tables it makes, each with the plugin's prefix. */
  readonly tables: readonly string[];
  up(db: Knex): Promise<void>;
  down(db: Knex): Promise<void>;
}

/** What all tables of a plugin begin with: `fdx` owns `fdx_…`, `e-mail` owns `e_mail_…`. */
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

/**
 * Holds the code to what a database has already lived through.
 * @param applied names from the database, in the order they ran
 * @returns what is still to run
 * @throws PlatformError `internal` naming the migration that the code no longer has
 */
export function pendingMigrations(
  pluginId: string,
  migrations: readonly PluginMigration[],
  applied: readonly string[],
): readonly PluginMigration[] {
  applied.forEach((name, index) => {
    if (migrations[index]?.name !== name)
      throw bootError(pluginId, `migration "${name}" ran in this database and is missing in the code`);
  });
  return migrations.slice(applied.length);
}
