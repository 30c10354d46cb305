/** All of a list, read page by page. */
import type { Page, PageQuery } from './pagination.ts';

/** @param idOf the id that the list is ordered by */
export async function* allOf<Item>(
  list: (query: PageQuery) => Promise<Page<Item>>,
  idOf: (item: Item) => string,
): AsyncGenerator<Item> {
  const limit = 100;
  let after: string | undefined;
  for (;;) {
    const { items } = await list({ limit, order: 'asc', ...(after === undefined ? {} : { after }) });
    yield* items;
    const last = items.at(-1);
    if (last === undefined || items.length < limit) return;
    after = idOf(last);
  }
}
