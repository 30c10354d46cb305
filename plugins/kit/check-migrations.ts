/** Runs a plugin's migrations forth, back and forth in a scratch database, and holds them to the tables they declare. */
import knex, { type Knex } from 'knex';
import { tablePrefix } from '../../server/extension-points/migrations.ts';
import type { Plugin } from '../../server/extension-points/plugin.ts';

/** @throws Error naming the migration, and the table that is one too many or missing */
export async function checkMigrationHistory({ id, migrations }: Plugin): Promise<void> {
  const db = knex({
    client: 'better-sqlite3',
    connection: ':memory:',
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  try {
    const made = new Set<string>();
    for (const { name, tables, up, down } of migrations) {
      await up(db);
      tables.forEach((table) => made.add(table));
      await compare(db, id, made, `after "${name}"`);
      await down(db);
      const before = new Set([...made].filter((table) => !tables.includes(table)));
      await compare(db, id, before, `after "${name}" was taken back`);
      await up(db);
    }
  } finally {
    await db.destroy();
  }
}

async function compare(db: Knex, pluginId: string, declared: ReadonlySet<string>, when: string): Promise<void> {
  const rows: readonly { readonly name: string }[] = await db('sqlite_master').where('type', 'table').select('name');
  const found = new Set(rows.map(({ name }) => name).filter((name) => !name.startsWith('sqlite_')));
  for (const table of found) {
    if (!table.startsWith(tablePrefix(pluginId)))
      throw new Error(`${when}: table "${table}" does not begin with "${tablePrefix(pluginId)}"`);
    if (!declared.has(table)) throw new Error(`${when}: table "${table}" was not declared, or not dropped`);
  }
  const missing = [...declared].find((table) => !found.has(table));
  if (missing !== undefined) throw new Error(`${when}: table "${missing}" is missing`);
}
