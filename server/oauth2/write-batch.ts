/** Group commit: rows written in the same turn of the event loop share a statement, and so the price of its commit. */

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: (done: undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @param write writes all of them or none; may be called again with some of them when it failed
 * @param most items in one call
 * @returns a function whose promise settles when this item is written, or is known not to be
 */
export function createWriteBatch<Item>(
  write: (items: readonly Item[]) => Promise<unknown>,
  most: number,
): (item: Item) => Promise<void> {
  const waiting: Waiting<Item>[] = [];
  let scheduled = false;

  const settle = async (batch: readonly Waiting<Item>[]): Promise<void> => {
    try {
      await write(batch.map(({ item }) => item));
      for (const { resolve } of batch) resolve(undefined);
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1) only?.reject(error);
      // One bad row must not take its neighbours along, which belong to other requests.
      else await Promise.all(batch.map((one) => settle([one])));
    }
  };

  const flush = (): void => {
    const batch = waiting.splice(0, most);
    scheduled = waiting.length > 0;
    if (scheduled) setImmediate(flush);
    void settle(batch);
  };

  return (item) => {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    waiting.push({ item, resolve, reject });
    if (!scheduled) setImmediate(flush);
    scheduled = true;
    return promise;
  };
}
