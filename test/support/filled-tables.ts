/** A row in every table, whose every reference holds: for tests of what must not get lost. */
import type { Knex } from 'knex';
import { isSqlite } from '../../server/db/knex.ts';
import { columnsOf, tablesOf } from './schema.ts';

const ownTables = /^knex_migrations/;

/** Puts a row into each table that has none. All texts are `1` and all numbers 1, so that each refers to each. */
export async function fillTables(knex: Knex): Promise<void> {
  const counts = await rowsIn(knex);
  if (![...counts.values()].includes(0)) return;
  const rowOf = new Map<string, Record<string, string | number>>();
  const computed = await computedColumns(knex);
  for (const { table, column, type } of await columnsOf(knex)) {
    if (ownTables.test(table) || computed.has(`${table}.${column}`)) continue;
    const row = rowOf.get(table) ?? {};
    // A document (JSON) as well.
    row[column] = /char|text|blob|json/i.test(type) ? '1' : 1;
    rowOf.set(table, row);
  }
  let waiting = [...rowOf.keys()].filter((table) => counts.get(table) === 0);
  while (waiting.length > 0) {
    const refused: string[] = [];
    let why: unknown;
    // Who refers to another comes after it: in some later round.
    for (const table of waiting)
      await knex(table)
        .insert(rowOf.get(table))
        .catch((error: unknown) => {
          refused.push(table);
          why = error;
        });
    if (refused.length === waiting.length) throw new Error(`no row goes into ${refused.join(', ')}`, { cause: why });
    waiting = refused;
  }
}

/** How many rows each table has, by its name. */
export async function rowsIn(knex: Knex): Promise<ReadonlyMap<string, number>> {
  const tables = (await tablesOf(knex)).filter((table) => !ownTables.test(table));
  if (tables.length === 0) return new Map();
  const counted = tables.map(() => 'SELECT ? AS name, COUNT(*) AS amount FROM ??').join(' UNION ALL ');
  const rows: readonly { readonly name: string; readonly amount: number }[] = await knex.select('*').from(
    knex.raw(
      `(${counted}) AS counted`,
      tables.flatMap((table) => [table, table]),
    ),
  );
  return new Map(rows.map(({ name, amount }) => [name, amount]));
}

/** SQLite does not list them. */
async function computedColumns(knex: Knex): Promise<ReadonlySet<string>> {
  if (isSqlite(knex)) return new Set();
  const rows: readonly { readonly name: string }[] = await knex('information_schema.columns')
    .select(knex.raw("CONCAT(table_name, '.', column_name) AS name"))
    .whereRaw("table_schema = DATABASE() AND extra LIKE '%GENERATED%'");
  return new Set(rows.map(({ name }) => name));
}
