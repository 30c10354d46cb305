/** The objects of one import on disk, in a private database that goes when it is closed: sorted without being in memory. */
import Database from 'better-sqlite3';
import { tenantId } from '../kernel/ids.ts';
import type { Extent, Spool, Spooled } from './spool.ts';

interface Row {
  readonly section: number;
  readonly ordinal: number;
  readonly tenant: string;
  /** Empty for what is the tenant's alone: sorts before every place. */
  readonly place: string;
  readonly grouping: string;
  readonly name: string;
  readonly item: string;
}

const fromRow = (row: Row): Spooled => ({
  section: row.section,
  index: row.ordinal,
  tenantId: tenantId(row.tenant),
  place: row.place === '' ? undefined : row.place,
  group: row.grouping,
  name: row.name,
  item: JSON.parse(row.item),
});

/** An empty name is SQLite's word for a file without one, which is written only when its cache is full. */
export function openSpool(): Spool {
  const database = new Database('');
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.exec(
    'CREATE TABLE objects (tenant TEXT, place TEXT, grouping TEXT, section INTEGER, ordinal INTEGER, name TEXT, item TEXT,' +
      ' PRIMARY KEY (tenant, place, grouping, section, ordinal)) WITHOUT ROWID;' +
      'CREATE UNIQUE INDEX by_name ON objects (tenant, section, name);' +
      'CREATE TABLE keys (tenant TEXT, key TEXT, PRIMARY KEY (tenant, key)) WITHOUT ROWID',
  );
  const insert = database.prepare('INSERT OR IGNORE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)');
  const take = database.prepare('INSERT OR IGNORE INTO keys VALUES (?, ?)');
  const extent = database.prepare<unknown[], Extent>(
    'SELECT count(*) AS objects, coalesce(sum(length(item)), 0) AS characters FROM objects WHERE tenant = ? AND place = ?',
  );
  const one = database.prepare<unknown[], Row>('SELECT * FROM objects WHERE tenant = ? AND section = ? AND name = ?');
  const next = database.prepare<unknown[], Pick<Row, 'tenant' | 'place'>>(
    'SELECT tenant, place FROM objects WHERE (tenant, place) > (?, ?) ORDER BY tenant, place LIMIT 1',
  );
  const some = database.prepare<unknown[], Row>(
    'SELECT * FROM objects WHERE tenant = ? AND place = ? AND (grouping, section, ordinal) > (?, ?, ?)' +
      ' ORDER BY grouping, section, ordinal LIMIT ?',
  );

  return {
    add: ({ section, index, tenantId: tenant, place, group, name, item }) =>
      insert.run(tenant, place ?? '', group, section, index, name, JSON.stringify(item)).changes === 1,
    take: (tenant, key) => take.run(tenant, key).changes === 1,
    extentOf({ tenantId: tenant, place }) {
      const { objects = 0, characters = 0 } = extent.get(tenant, place ?? '') ?? {};
      return { objects, characters };
    },
    find(section, tenant, name) {
      const row = one.get(tenant, section, name);
      return row === undefined ? undefined : fromRow(row);
    },
    trees(after) {
      // No tenant sorts before a blank.
      const row = next.get(after?.tenantId ?? '', after?.place ?? '');
      if (row === undefined) return undefined;
      return { tenantId: tenantId(row.tenant), place: row.place === '' ? undefined : row.place };
    },
    list: ({ tenantId: tenant, place }, after, limit) =>
      some.all(tenant, place ?? '', after?.group ?? '', after?.section ?? -1, after?.index ?? -1, limit).map(fromRow),
    close: () => {
      database.close();
    },
  };
}
