/** Reading one page by key: as fast on page one thousand as on page one. */
import type { Knex } from 'knex';
import type { PageQuery } from '../kernel/pagination.ts';

/** Where a page begins in the order of its key, which way it is read, and how many rows it holds. */
export interface PageStep {
  readonly cursor: string | undefined;
  readonly ascending: boolean;
  readonly size: number;
}

export interface KeysetPage {
  readonly step: PageStep;
  /** For `query.modify(page.select, column)`: the column is the list's key, indexed with the query's conditions. */
  readonly select: (rows: Knex.QueryBuilder, column: string) => void;
  /**
   * The same for a list sorted by another column, of which several rows may have the same value: their ids decide.
   * @param at the column's value in the row that the page begins at; undefined where it begins at an end
   */
  readonly selectBy: (rows: Knex.QueryBuilder, column: string, at: string | number | undefined) => void;
  /** For `query.modify(page.matching, columns)`: keeps rows that hold the words looked for in one of these columns. */
  readonly matching: (rows: Knex.QueryBuilder, ...columns: readonly (string | Knex.Raw)[]) => void;
  /** Puts what was read into the asked order. */
  inOrder<Row>(rows: readonly Row[]): readonly Row[];
}

/** @returns a page of at most 100 rows */
export function keysetPage({ after, before, limit, order, search }: PageQuery): KeysetPage {
  // The page that ends before a row is read from that row backwards, and turned round.
  const backwards = before !== undefined;
  const ascending = (order === 'asc') !== backwards;
  const cursor = before ?? after;
  const size = Math.min(Math.max(Math.trunc(limit), 1), 100);

  return {
    step: { cursor, ascending, size },
    select(rows, column) {
      if (cursor !== undefined) void rows.where(column, ascending ? '>' : '<', cursor);
      void rows.orderBy(column, ascending ? 'asc' : 'desc').limit(size);
    },
    selectBy(rows, column, at) {
      const [than, direction] = ascending ? (['>', 'asc'] as const) : (['<', 'desc'] as const);
      if (cursor !== undefined && at !== undefined) {
        // The databases see no range in the second condition, and would read the index from its end.
        void rows.where(column, ascending ? '>=' : '<=', at).where((beyond) => {
          void beyond.where(column, than, at).orWhere((same) => void same.where(column, at).where('id', than, cursor));
        });
      }
      void rows.orderBy([column, 'id'].map((name) => ({ column: name, order: direction }))).limit(size);
    },
    matching(rows, ...columns) {
      if (search === undefined) return;
      // No LIKE: its wildcards would have to be escaped, in each database in another way.
      void rows.where((any) => {
        for (const column of columns) void any.orWhereRaw('instr(lower(??), ?) > 0', [column, search.toLowerCase()]);
      });
    },
    inOrder: (rows) => (backwards ? rows.toReversed() : rows),
  };
}
