/** What the clients of a workspace are asked for in the Admin API: there are those of one kind. */
import { z } from 'zod';
import { listQuery } from '../http/list-query.ts';
import { unserved } from '../http/unserved.ts';

export const clientListQuery = listQuery('client', 'client_id', 'name', 'issued_at').extend({
  type: z.enum(['', 'internal', 'third_party']).optional().describe('all are internal: no developer made them'),
  client_types: z
    .string()
    .max(255)
    .transform((text) => text.split(',').filter((type) => type !== ''))
    .optional()
    .describe('any of these, with commas between them: all are oauth2'),
  application_types: unserved('clients are not looked for by what they were registered as'),
});

/** Whether they are asked for in a way that no client answers to. */
export function asksForOthers({
  type,
  client_types: types = [],
}: Pick<z.output<typeof clientListQuery>, 'type' | 'client_types'>): boolean {
  return type === 'third_party' || (types.length > 0 && !types.includes('oauth2'));
}
