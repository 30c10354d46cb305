/** Parameters of published lists: a page after or before an id, an order, a size, and words to look for. */
import { z } from 'zod';
import type { PageQuery } from '../kernel/pagination.ts';

const id = z.string().min(1).max(255).optional();

/**
 * @param noun as in `after_server_id`
 * @param key the member that lists are sorted by, unless one of `others` is asked for
 */
export function listQuery(noun: string, key: string, ...others: readonly string[]) {
  // Read by `pageOf` alone, under names that no type knows.
  const cursors: object = {
    [`after_${noun}_id`]: id.describe('the page after this one'),
    [`before_${noun}_id`]: id.describe('the page before this one'),
  };
  return z.object({
    ...cursors,
    search_phrase: z.string().max(255).optional().describe('part of an id or a name, whatever its case'),
    sort: z.literal(['', key, ...others], `lists are sorted by ${[key, ...others].join(' or ')}`).optional(),
    // `acs` is what the published text says where it means `asc`.
    order: z.enum(['asc', 'desc', 'acs']).optional(),
    limit: z.coerce.number().int().min(1).optional().describe('20 by default, never more than 100'),
  });
}

/** @param query what `listQuery` of the same noun has read */
export function pageOf(noun: string, query: Readonly<Record<string, unknown>>): PageQuery {
  const text = (name: string): string | undefined => {
    const value = query[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [after, before, search] = [text(`after_${noun}_id`), text(`before_${noun}_id`), text('search_phrase')];
  return {
    limit: typeof query['limit'] === 'number' ? query['limit'] : 20,
    order: query['order'] === 'desc' ? 'desc' : 'asc',
    ...(after === undefined ? {} : { after }),
    ...(before === undefined ? {} : { before }),
    ...(search === undefined ? {} : { search }),
  };
}
