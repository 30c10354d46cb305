/**
 * People of a pool in the order of their ids, a few hundred at a time. A list of people is sorted by their ids, and what
 * they are called is not: whether anybody of a stretch is called so is one look into an index, and nobody walks them all.
 */

/** Tables of what people are called. */
export const namedIn = ['identifiers', 'verifiable_addresses'] as const;
export type NamedIn = (typeof namedIn)[number];

/** By which the rows of one stretch are found, in the order of what is looked for there. */
export const stretchIndexes = {
  identifiers: 'identifiers_by_stretch',
  verifiable_addresses: 'addresses_by_stretch',
} as const satisfies Readonly<Record<NamedIn, string>>;

/** Rows of one table in a stretch: it is cut in two where it has twice as many. */
export const stretchSize = 500;

/** No stretch has as many, between two rounds of housekeeping either: what it reads for is known before. */
export const longestStretch = 4 * stretchSize;

export interface StretchStore {
  /**
   * Says of rows that are new in which stretch they are; the first stretch of a pool begins with it.
   * @param limit of rows. @returns how many, fewer than `limit` once none is left
   */
  place(limit: number): Promise<number>;
}
