/** Groups of people in the Identity API: listed, made, changed and removed. */
import { z } from 'zod';
import type { Call, Endpoint } from '../http/endpoint.ts';
import { adminAndSystem } from '../http/identity-endpoints.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { groupId, poolId } from '../kernel/ids.ts';
import type { PoolStore } from '../pools/pool.ts';
import { flag, groupListQuery, groupQueryOf } from './group-query.ts';
import { groupAnswer, groupBody, groupWordsIn, toGroupBody } from './group.body.ts';
import type { GroupAt, GroupService } from './group.service.ts';
import type { Group, GroupStore } from './group.ts';

export interface GroupRoutesDeps {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly groups: Pick<GroupStore, 'find' | 'list'>;
  readonly service: GroupService;
}

const tag = 'Groups';
type Place = Pick<Call, 'tenantId' | 'params'>;
const poolIn = ({ params }: Place) => poolId(params['ipID'] ?? '');
const groupIn = ({ params }: Place) => groupId(params['groupID'] ?? '');

export const groupAt = (call: Place): GroupAt => ({
  tenantId: call.tenantId,
  poolId: poolIn(call),
  id: groupIn(call),
});

const held = (call: Call): GroupAt => ({
  ...groupAt(call),
  check: (stored) => {
    call.ifMatch(toGroupBody(stored));
  },
});

/** @throws PlatformError `not_found` */
export async function groupOf(groups: Pick<GroupStore, 'find'>, call: Place): Promise<Group> {
  const found = await groups.find(call.tenantId, poolIn(call), groupIn(call));
  if (found === undefined) throw new PlatformError('not_found', 'There is no such group.');
  return found;
}

/** @throws PlatformError `not_found` */
export async function requirePool(pools: Pick<PoolStore, 'find'>, call: Place): Promise<void> {
  if ((await pools.find(call.tenantId, poolIn(call))) === undefined)
    throw new PlatformError('not_found', 'There is no such identity pool.');
}

export const inPool = (
  pools: Pick<PoolStore, 'find'>,
  permission: 'read_identity_pool_groups' | 'manage_identity_pool_groups' | 'read_identity_pool_users',
) => ({ kind: 'role', in: 'pool', permission, of: (call: Place) => pools.find(call.tenantId, poolIn(call)) }) as const;

function wordsIn(call: Call<unknown, z.output<typeof groupBody>>) {
  const { user_pool_id: pool = '' } = call.body;
  if (pool !== '' && pool !== poolIn(call)) throw unprocessable('/user_pool_id', 'is another one than the path names');
  return groupWordsIn(call.body);
}

export function groupEndpoints({ pools, groups, service }: GroupRoutesDeps): readonly Endpoint[] {
  const mayRead = inPool(pools, 'read_identity_pool_groups');
  const mayManage = inPool(pools, 'manage_identity_pool_groups');

  return [
    ...adminAndSystem({
      method: 'get',
      path: '/pools/:ipID/groups',
      operationIds: ['listGroups', 'listGroups'],
      tag,
      summary: 'List the groups of a pool by name: those at the top, or below another',
      admin: mayRead,
      query: groupListQuery.extend({
        parent_id: z.string().max(64).optional().describe('those right below this one'),
        with_nested_groups: flag.describe('those further below, too'),
      }),
      refuses: ['unprocessable_entity'],
      success: { status: 200, description: 'a page of groups', body: z.array(groupAnswer) },
      async handle(call) {
        await requirePool(pools, call);
        const { parent_id: parent = '', with_nested_groups: isNested = false, ...read } = call.query;
        const above = parent === '' ? undefined : await groups.find(call.tenantId, poolIn(call), groupId(parent));
        if (parent !== '' && above === undefined) throw new PlatformError('not_found', 'There is no such group.');
        const query = { ...groupQueryOf(read), parent: above, isNested };
        return (await groups.list(call.tenantId, poolIn(call), query)).items.map(toGroupBody);
      },
    }),
    ...adminAndSystem({
      method: 'post',
      path: '/pools/:ipID/groups',
      operationIds: ['createGroup', 'createGroup'],
      tag,
      summary: 'Create a group',
      admin: mayManage,
      body: groupBody,
      success: { status: 201, description: 'the group', body: groupAnswer },
      handle: async (call) =>
        toGroupBody(await service.create(call.tenantId, poolIn(call), call.body.id ?? '', wordsIn(call))),
    }),
    ...adminAndSystem({
      method: 'get',
      path: '/pools/:ipID/groups/:groupID',
      operationIds: ['getGroup', 'getGroup'],
      tag,
      summary: 'Get a group',
      admin: mayRead,
      success: { status: 200, description: 'the group', body: groupAnswer },
      handle: async (call) => toGroupBody(await groupOf(groups, call)),
    }),
    ...adminAndSystem({
      method: 'put',
      path: '/pools/:ipID/groups/:groupID',
      operationIds: ['updateGroup', 'updateGroup'],
      tag,
      summary: 'Replace what is said of a group; under another parent, all below it move along',
      admin: mayManage,
      body: groupBody,
      refuses: ['conflict'],
      success: { status: 200, description: 'the group', body: groupAnswer },
      handle: async (call) => toGroupBody(await service.update(held(call), wordsIn(call))),
    }),
    ...adminAndSystem({
      method: 'delete',
      path: '/pools/:ipID/groups/:groupID',
      operationIds: ['deleteGroup', 'deleteGroup'],
      tag,
      summary: 'Delete a group with all below it; the people who were in them stay',
      admin: mayManage,
      success: { status: 204, description: 'it is gone' },
      handle: (call) => service.remove(held(call)),
    }),
  ];
}
