/** Roles in identity pools, in the Admin API; and all roles that one person of a pool has. */
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { PlatformError } from '../kernel/errors.ts';
import { poolId } from '../kernel/ids.ts';
import type { PoolStore } from '../pools/pool.ts';
import type { UserStore } from '../users/user.ts';
import { userId } from '../kernel/ids.ts';
import {
  poolGrantOf,
  poolRoleBody,
  poolRolesAnswer,
  toSubjectsBody,
  toUserRolesBody,
  userRolesAnswer,
} from './role.body.ts';
import { poolRoles } from './pool-role.ts';
import type { RoleService } from './role.service.ts';
import type { RoleStore } from './role.ts';

export interface PoolRoleRoutesDeps {
  readonly roles: Pick<RoleStore, 'listInPool' | 'listFor'>;
  readonly pools: Pick<PoolStore, 'find'>;
  readonly users: Pick<UserStore, 'find'>;
  readonly service: RoleService;
}

const tag = 'roles';
const poolOf = ({ params }: Pick<Call, 'params'>) => poolId(params['ipID'] ?? '');

export function poolRoleEndpoints({ roles, pools, users, service }: PoolRoleRoutesDeps): readonly Endpoint[] {
  const find = (call: Pick<Call, 'tenantId' | 'params'>) => pools.find(call.tenantId, poolOf(call));
  const mayRead = { kind: 'role', in: 'pool', permission: 'read_roles', of: find } as const;
  const mayGive = { kind: 'role', in: 'pool', permission: 'manage_user_manager_role', of: find } as const;

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/pools/:ipID/roles',
      operationId: 'listIdentityPoolRoles',
      tag,
      summary: 'List who has a role in the pool',
      access: mayRead,
      success: { status: 200, description: 'the subjects and their roles', body: poolRolesAnswer },
      handle: async (call) =>
        toSubjectsBody(call.tenantId, poolRoles, await roles.listInPool(call.tenantId, poolOf(call))),
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/pools/:ipID/roles/grant',
      operationId: 'grantIdentityPoolRole',
      tag,
      summary: 'Give somebody a role in the pool',
      access: mayGive,
      body: poolRoleBody,
      isAction: true,
      success: { status: 204, description: 'it is given' },
      handle: (call) => service.grant(poolGrantOf(call.tenantId, poolOf(call), call.body)),
    }),
    endpoint({
      method: 'delete',
      path: '/api/admin/:tid/pools/:ipID/roles/revoke',
      operationId: 'revokeIdentityPoolRole',
      tag,
      summary: 'Take a role in the pool back',
      access: mayGive,
      body: poolRoleBody,
      isAction: true,
      success: { status: 204, description: 'it is taken back' },
      handle: (call) => service.revoke(poolGrantOf(call.tenantId, poolOf(call), call.body)),
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/pools/:ipID/users/:userID/roles',
      operationId: 'listUserRoles',
      tag,
      summary: 'List all roles of a person of the pool',
      access: mayRead,
      success: { status: 200, description: 'where they have which', body: userRolesAnswer },
      async handle(call) {
        const { tenantId, params } = call;
        const [pool, user] = [poolOf(call), params['userID'] ?? ''];
        if ((await users.find(tenantId, pool, userId(user))) === undefined)
          throw new PlatformError('not_found', 'There is no such user.');
        const subject = { type: 'identity_pool_user', poolId: pool, userId: user } as const;
        return toUserRolesBody(tenantId, await roles.listFor(tenantId, [subject]));
      },
    }),
  ];
}
