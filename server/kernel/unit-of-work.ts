/** The port of a transaction: services that change state and publish an event know this and no SQL. */

export interface UnitOfWork<Stores> {
  /**
   * Runs `work` with stores that share one transaction. Everything written through them commits together when the
   * promise resolves, and not at all when it rejects. Never reach for other stores inside: they would wait for this one.
   */
  run<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
}
