/** Keyset pages: stable while rows are inserted, and as fast on page one thousand as on page one. */

export interface PageQuery {
  /** Rows strictly after this id in the asked order. Excludes `before`. */
  readonly after?: string;
  /** Rows strictly before this id in the asked order. Excludes `after`. */
  readonly before?: string;
  /** 1 to 100. */
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** Part of an id or a name; ASCII letters match whatever their case. */
  readonly search?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
}

export const firstPage: PageQuery = { limit: 20, order: 'asc' };
