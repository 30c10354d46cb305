/** Who is in which group, in the Identity API. */
import { z } from 'zod';
import type { Endpoint } from '../http/endpoint.ts';
import { adminAndSystem } from '../http/identity-endpoints.ts';
import { PlatformError } from '../kernel/errors.ts';
import { groupId, type PoolId, type TenantId, type UserId } from '../kernel/ids.ts';
import type { PoolStore } from '../pools/pool.ts';
import type { AddressStore } from '../users/address.ts';
import type { IdentifierStore } from '../users/identifier.ts';
import { listedUserAnswer, toListedUserBody } from '../users/user.body.ts';
import { poolOf, userIn } from '../users/user.routes.ts';
import type { UserStore } from '../users/user.ts';
import { flag, groupListQuery, groupQueryOf, limit } from './group-query.ts';
import { groupAnswer, toGroupBody } from './group.body.ts';
import { groupAt, groupOf, inPool } from './group.routes.ts';
import type { GroupService } from './group.service.ts';
import { idsAbove, type GroupStore, type MembershipStore } from './group.ts';

export interface MembershipRoutesDeps {
  readonly stores: {
    readonly pools: Pick<PoolStore, 'find'>;
    readonly groups: Pick<GroupStore, 'find' | 'findEach' | 'listOf'>;
    readonly memberships: Pick<MembershipStore, 'listUsers' | 'groupsOf' | 'has'>;
    readonly users: Pick<UserStore, 'find' | 'findEach'>;
    readonly identifiers: Pick<IdentifierStore, 'listOfEach'>;
    readonly addresses: Pick<AddressStore, 'listOfEach'>;
  };
  readonly service: GroupService;
}

const tag = 'Groups';

export function membershipEndpoints({ stores, service }: MembershipRoutesDeps): readonly Endpoint[] {
  const { pools, groups, memberships, users, identifiers, addresses } = stores;
  const mayRead = inPool(pools, 'read_identity_pool_groups');
  const mayManage = inPool(pools, 'manage_identity_pool_groups');

  const requireUser = async (tenant: TenantId, pool: PoolId, id: UserId): Promise<void> => {
    // MySQL ignores trailing blanks when it compares; an id is this text and no other.
    if ((await users.find(tenant, pool, id))?.id !== id) throw new PlatformError('not_found', 'There is no such user.');
  };

  return [
    ...adminAndSystem({
      method: 'get',
      path: '/pools/:ipID/groups/:groupID/users',
      operationIds: ['listUsersInGroup', 'listUsersInGroup'],
      tag,
      summary: 'List the people in a group, by id',
      // It shows people, not only who they are.
      admin: inPool(pools, 'read_identity_pool_users'),
      query: z.object({
        after_user_id: z.string().max(64).optional().describe('the page after this one'),
        before_user_id: z.string().max(64).optional().describe('the page before this one'),
        limit,
        with_nested_groups: flag.describe('those in the groups below it, too'),
      }),
      success: { status: 200, description: 'a page of people', body: z.object({ users: z.array(listedUserAnswer) }) },
      async handle(call) {
        const { tenantId } = call;
        const pool = await poolOf(pools, call);
        const group = await groupOf(groups, call);
        const { after_user_id: after = '', before_user_id: before = '', limit: size = 20 } = call.query;
        const page = {
          limit: size,
          ...(after === '' ? {} : { after }),
          ...(before === '' ? {} : { before }),
        };
        const { items: ids } = await memberships.listUsers(group, call.query.with_nested_groups === true, page);
        const names = await identifiers.listOfEach(tenantId, pool.id, ids);
        const reached = await addresses.listOfEach(tenantId, pool.id, ids);
        const found = await users.findEach(tenantId, pool.id, ids);
        return {
          users: found.map((user) =>
            toListedUserBody(
              { user, identifiers: names.get(user.id) ?? [], addresses: reached.get(user.id) ?? [] },
              pool,
            ),
          ),
        };
      },
    }),
    ...adminAndSystem({
      method: 'delete',
      path: '/pools/:ipID/groups/:groupID/users/:userID',
      operationIds: ['removeUserFromGroup', 'removeUserFromGroup'],
      tag,
      summary: 'Take a person out of a group',
      admin: mayManage,
      isAction: true,
      success: { status: 204, description: 'they are not in it any more' },
      handle: (call) => service.removeUser(groupAt(call), userIn(call)),
    }),
    ...adminAndSystem({
      method: 'put',
      path: '/pools/:ipID/groups/:groupID/users/:userID',
      operationIds: ['addUserToGroup', 'addUserToGroup'],
      tag,
      summary: 'Put a person into a group',
      admin: mayManage,
      isAction: true,
      refuses: ['unprocessable_entity'],
      success: { status: 204, description: 'they are in it' },
      handle: (call) => service.addUser(groupAt(call), userIn(call)),
    }),
    ...adminAndSystem({
      method: 'get',
      path: '/pools/:ipID/users/:userID/groups',
      operationIds: ['listUserGroups', 'listUserGroups'],
      tag,
      summary: 'List the groups that a person is in, by name',
      admin: mayRead,
      query: groupListQuery.extend({ with_parent_groups: flag.describe('those above them, too') }),
      success: { status: 200, description: 'a page of groups', body: z.array(groupAnswer) },
      async handle(call) {
        const { tenantId } = call;
        const { id: pool } = await poolOf(pools, call);
        await requireUser(tenantId, pool, userIn(call));
        const { with_parent_groups: hasParents = false, ...read } = call.query;
        const query = groupQueryOf(read);
        const own = await memberships.groupsOf(tenantId, pool, userIn(call));
        const above = hasParents ? (await groups.findEach(tenantId, pool, own)).flatMap(idsAbove).map(groupId) : [];
        const { items } = await groups.listOf(tenantId, pool, [...new Set([...own, ...above])], query);
        return items.map(toGroupBody);
      },
    }),
    ...adminAndSystem({
      method: 'get',
      path: '/pools/:ipID/users/:userID/groups/:groupID',
      operationIds: ['isUserInGroup', 'isUserInGroup'],
      tag,
      summary: 'Whether a person is in a group',
      admin: mayRead,
      query: z.object({ with_nested_groups: flag.describe('or in a group below it') }),
      success: { status: 204, description: 'they are in it' },
      async handle(call) {
        const group = await groupOf(groups, call);
        if (!(await memberships.has(group, userIn(call), call.query.with_nested_groups === true)))
          throw new PlatformError('not_found', 'They are not in this group.');
      },
    }),
  ];
}
