/** Parameters by which groups are listed, as published for all their lists. */
import { z } from 'zod';
import { unprocessable } from '../kernel/errors.ts';
import { groupId } from '../kernel/ids.ts';
import type { GroupQuery } from './group.ts';

export const flag = z
  .enum(['true', 'false', ''])
  .transform((text) => text === 'true')
  .optional();
const id = z.string().max(64).optional();
export const limit = z.coerce.number().int().min(1).optional().describe('20 by default, never more than 100');

export const groupListQuery = z.object({
  after_group_id: id.describe('the page after this one'),
  before_group_id: id.describe('the page before this one'),
  limit,
  query: z.string().max(2048).optional().describe('JSON: `{"name":"admins"}` keeps those that are called so'),
});

const filter = z.strictObject({ name: z.string().max(255).optional() });

/** @throws PlatformError `unprocessable_entity` for a filter that is not known */
export function groupQueryOf(read: z.output<typeof groupListQuery>): GroupQuery {
  const { after_group_id: after = '', before_group_id: before = '', limit: size = 20 } = read;
  const name = nameIn(read.query);
  return {
    limit: size,
    ...(after === '' ? {} : { after: groupId(after) }),
    ...(before === '' ? {} : { before: groupId(before) }),
    ...(name === undefined ? {} : { name }),
  };
}

function nameIn(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unprocessable('/query', 'must be JSON, such as {"name":"admins"}');
  }
  const read = filter.safeParse(json);
  if (!read.success) throw unprocessable('/query', 'knows the member name, a text');
  return read.data.name === '' ? undefined : read.data.name;
}
