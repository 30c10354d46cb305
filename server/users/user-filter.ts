/** By what a list of people is narrowed: the published `query`, in the forms in which people are looked for. */
import { z } from 'zod';
import { unprocessable } from '../kernel/errors.ts';
import type { Pool } from '../pools/pool.ts';
import { identifierPrefixes } from './identifier.ts';
import type { UserQuery } from './user.ts';

const filter = z.strictObject({ user_key: z.string().max(320).optional() });

/** @param text the query's JSON. @throws PlatformError `unprocessable_entity` */
export function keyIn(
  text: string | undefined,
  { identifierCaseInsensitive: caseInsensitive }: Pool,
): UserQuery['key'] {
  if (text === undefined || text === '') return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unprocessable('/query', 'must be JSON, such as {"user_key":"john"}');
  }
  const read = filter.safeParse(json);
  if (!read.success) throw unprocessable('/query', 'knows the member user_key, a text');
  const { user_key: key } = read.data;
  if (key === undefined || key === '') return undefined;
  return {
    id: key,
    identifiers: identifierPrefixes(key, { caseInsensitive }),
    addresses: identifierPrefixes(key, { caseInsensitive: true }),
  };
}
