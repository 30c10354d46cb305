/** The port of a transaction: services that change state and publish an event know this and no SQL. */

export interface UnitOfWork<Stores> {
  /**
   * Runs `work` with stores that share one transaction. Everything written through them commits together when the
   * promise resolves, and not at all when it rejects. Never reach for other stores inside: they would wait for this one.
   */
  run<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
}

/**
 * Has something done once the transaction has committed, and never where it has not; once, however often it is asked for. In
 * a later turn, so that whoever waits for the commit is answered in the same time whether or not there is something to do.
 */
export type AfterCommit = (work: () => void) => void;

/**
 * Runs `work` as a part of the transaction that is undone by itself unless it answers true: so the database is asked the
 * same whether or not something is to stay.
 */
export type Part<Stores> = (work: (stores: Stores) => Promise<boolean>) => Promise<void>;

export interface PartedUnitOfWork<Stores> extends UnitOfWork<Stores> {
  /** As `run`, of work that has parts. */
  runInParts<T>(work: (stores: Stores, part: Part<Stores>) => Promise<T>): Promise<T>;
}
