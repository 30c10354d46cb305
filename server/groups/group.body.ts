/** Groups of people as the published APIs write them. */
import { z } from 'zod';
import { groupId } from '../kernel/ids.ts';
import type { GroupWords } from './group.service.ts';
import { parentOf, type Group } from './group.ts';

/** What a body may say of a group. Its tenant and its pool are the path's. */
export const groupBody = z.object({
  id: z.string().max(64).optional(),
  name: z.string().trim().max(255).default('').describe('what people read; the id when it is not given'),
  description: z.string().max(1024).default(''),
  parent_id: z.string().max(64).optional().describe('right above it; left out at the top'),
  user_pool_id: z.string().max(64).optional(),
});

export function groupWordsIn({ name, description, parent_id: parent = '' }: z.output<typeof groupBody>): GroupWords {
  return { name, description, parent: parent === '' ? undefined : groupId(parent) };
}

export const groupAnswer = z.object({
  id: z.string(),
  tenant_id: z.string(),
  user_pool_id: z.string(),
  name: z.string(),
  description: z.string(),
  parent_id: z.string().optional(),
});

export function toGroupBody(group: Group): z.input<typeof groupAnswer> {
  const parent = parentOf(group);
  return {
    id: group.id,
    tenant_id: group.tenantId,
    user_pool_id: group.poolId,
    name: group.name,
    description: group.description,
    ...(parent === undefined ? {} : { parent_id: parent }),
  };
}
