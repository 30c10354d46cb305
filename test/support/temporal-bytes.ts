/** Everything a Temporal development server keeps on disk: its files as they lie there, and each value of its tables. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Bytes as latin1, so that any bytes can be searched for. Files first; a value that spans pages is whole in its row. */
export async function readTemporalBytes(dataDir: string): Promise<readonly string[]> {
  const names = (await readdir(dataDir)).filter((name) => name.startsWith('temporal.db'));
  const files = await Promise.all(names.map((name) => readFile(join(dataDir, name), 'latin1')));
  return [...files, ...valuesOf(join(dataDir, 'temporal.db'))];
}

function valuesOf(file: string): readonly string[] {
  const database = new Database(file, { readonly: true });
  try {
    const tables = database.prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.flatMap(({ name }) =>
      database
        .prepare(`SELECT * FROM "${name}"`)
        .raw()
        .all()
        .flatMap((row) => (Array.isArray(row) ? row : []).map(textOf)),
    );
  } finally {
    database.close();
  }
}

function textOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  return typeof value === 'string' ? Buffer.from(value).toString('latin1') : '';
}
