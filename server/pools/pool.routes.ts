/** Identity pools in the Identity API: those of the tenant, and those of its workspaces. */
import { z } from 'zod';
import { poolPermissions } from '../access/pool-role.ts';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { adminAndSystem, adminPath, identityScope, systemPath } from '../http/identity-endpoints.ts';
import { listQuery, pageOf } from '../http/list-query.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { poolId, workspaceId, type TenantId } from '../kernel/ids.ts';
import { isAboveAdministrators } from '../users/person-change.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { poolAnswer, poolBody, poolWordsIn, poolWordsOf, toPoolBody } from './pool.body.ts';
import type { PoolAt, PoolService } from './pool.service.ts';
import type { Pool, PoolQuery, PoolStore } from './pool.ts';

export interface PoolRoutesDeps {
  readonly pools: Pick<PoolStore, 'find' | 'list' | 'countUsers'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: PoolService;
}

const tag = 'Pools';
const idOf = ({ params }: Pick<Call, 'params'>) => poolId(params['ipID'] ?? '');
const placeOf = ({ params }: Pick<Call, 'params'>) => workspaceId(params['wid'] ?? '');

const query = listQuery('pool', 'id', 'name');
const queryOf = (read: z.output<typeof query>): PoolQuery => ({
  ...pageOf('pool', read),
  sort: read.sort === 'name' ? 'name' : 'id',
});
const withIdp = z.object({
  with_idp: z
    .enum(['true', 'false', ''])
    .transform((text) => text === 'true')
    .optional()
    .describe('together with the idp by which its people sign in'),
});

const listed = { status: 200, description: 'a page of pools', body: z.object({ pools: z.array(poolAnswer) }) } as const;
const made = { status: 201, description: 'the pool', body: poolAnswer } as const;
const one = { status: 200, description: 'the pool', body: poolAnswer } as const;
const gone = { status: 204, description: 'it is gone, with everybody in it' } as const;

export function poolEndpoints({ pools, workspaces, service }: PoolRoutesDeps): readonly Endpoint[] {
  const find = (call: Pick<Call, 'tenantId' | 'params'>) => pools.find(call.tenantId, idOf(call));
  const inPool = (permission: 'get_identity_pool' | 'update_identity_pool' | 'delete_identity_pool') =>
    ({ kind: 'role', in: 'pool', permission, of: find }) as const;
  const inWorkspace = (permission: 'list_identity_pools' | 'create_identity_pool') =>
    ({
      kind: 'role',
      in: 'workspace',
      permission,
      of: async (call: Pick<Call, 'tenantId' | 'params'>) => (await workspaces.find(call.tenantId, placeOf(call)))?.id,
    }) as const;

  const bodies = async (tenant: TenantId, found: readonly Pool[]) => {
    const counts = await pools.countUsers(
      tenant,
      found.map(({ id }) => id),
    );
    return found.map((pool) => toPoolBody(pool, counts.get(pool.id) ?? 0));
  };
  const list = async ({ tenantId }: Pick<Call, 'tenantId'>, wanted: PoolQuery) => ({
    pools: await bodies(tenantId, (await pools.list(tenantId, wanted)).items),
  });
  const created = (call: Pick<Call, 'tag'>, pool: Pool) => {
    call.tag(poolWordsOf(pool));
    return toPoolBody(pool, 0);
  };
  const at = (call: Call): PoolAt => ({
    tenantId: call.tenantId,
    id: idOf(call),
    isAboveAdministrators: isAboveAdministrators(call),
    check: (stored) => {
      call.ifMatch(poolWordsOf(stored));
    },
  });

  return [
    endpoint({
      method: 'get',
      path: adminPath('/pools'),
      operationId: 'listPools',
      tag,
      summary: 'List the identity pools you may see',
      access: { kind: 'role', in: 'any' },
      query,
      refuses: ['unprocessable_entity'],
      success: listed,
      handle(call) {
        const { permissions } = call;
        const among = {
          workspaces: permissions.workspaces.filter((id) => permissions.inWorkspace(id).has('list_identity_pools')),
          pools: permissions.pools,
        };
        const seesAll = permissions.inTenant.has('list_identity_pools');
        return list(call, { ...queryOf(call.query), ...(seesAll ? {} : { among }) });
      },
    }),
    endpoint({
      method: 'get',
      path: systemPath('/pools'),
      operationId: 'systemListPools',
      tag,
      summary: 'List the identity pools',
      access: identityScope,
      query,
      refuses: ['unprocessable_entity'],
      success: listed,
      handle: (call) => list(call, queryOf(call.query)),
    }),
    ...adminAndSystem({
      method: 'post',
      path: '/pools',
      operationIds: ['createPool', 'systemCreatePool'],
      tag,
      summary: 'Create an identity pool',
      admin: { kind: 'role', in: 'tenant', permission: 'create_identity_pool' },
      body: poolBody,
      refuses: ['not_found'],
      success: made,
      async handle(call) {
        const { tenantId, body } = call;
        return created(call, await service.create(tenantId, body.id ?? '', poolWordsIn(body), false));
      },
    }),
    ...adminAndSystem({
      method: 'get',
      path: '/pools/:ipID',
      operationIds: ['getPool', 'systemGetPool'],
      tag,
      summary: 'Get an identity pool',
      admin: inPool('get_identity_pool'),
      success: one,
      async handle(call) {
        const found = await find(call);
        if (found === undefined) throw new PlatformError('not_found', 'There is no such identity pool.');
        call.tag(poolWordsOf(found));
        return (await bodies(call.tenantId, [found]))[0];
      },
    }),
    ...adminAndSystem({
      method: 'put',
      path: '/pools/:ipID',
      operationIds: ['updatePool', 'systemUpdatePool'],
      tag,
      summary: 'Replace what is said of an identity pool; everybody in it stays',
      admin: inPool('update_identity_pool'),
      body: poolBody,
      refuses: ['conflict'],
      success: one,
      async handle(call) {
        const words = poolWordsIn(call.body);
        const isSystems = call.caller?.workspaceId === 'system';
        // Its workspace decides who manages it: nobody moves it under other people than their own.
        if (!isSystems && !call.permissions.inTenant.has('create_identity_pool')) {
          const stored = await find(call);
          if (stored !== undefined && stored.workspaceId !== words.workspaceId)
            throw new PlatformError('forbidden', 'An administrator of the tenant moves pools between workspaces.');
        }
        const { pool, users } = await service.update(at(call), words);
        call.tag(poolWordsOf(pool));
        return toPoolBody(pool, users);
      },
    }),
    ...adminAndSystem({
      method: 'delete',
      path: '/pools/:ipID',
      operationIds: ['deletePool', 'systemDeletePool'],
      tag,
      summary: 'Delete an identity pool with everybody in it',
      admin: inPool('delete_identity_pool'),
      query: withIdp,
      refuses: ['conflict', 'unprocessable_entity'],
      success: gone,
      handle: (call) => service.remove(at(call), call.query.with_idp === true),
    }),
    endpoint({
      method: 'get',
      path: adminPath('/pools/:ipID/permissions'),
      operationId: 'checkPoolPermissions',
      tag: 'permissions',
      summary: 'What you may do in this pool',
      access: inPool('get_identity_pool'),
      success: {
        status: 200,
        description: 'each permission',
        body: z.object(Object.fromEntries(poolPermissions.map((name) => [name, z.boolean()]))),
      },
      async handle(call) {
        const pool = await find(call);
        const held = pool === undefined ? new Set() : call.permissions.inPool(pool);
        return Object.fromEntries(poolPermissions.map((name) => [name, held.has(name)]));
      },
    }),
    endpoint({
      method: 'get',
      path: adminPath('/workspace/:wid/pools'),
      operationId: 'listWorkspacePools',
      tag,
      summary: 'List the identity pools of a workspace',
      access: inWorkspace('list_identity_pools'),
      query,
      refuses: ['unprocessable_entity'],
      success: listed,
      handle: (call) => list(call, { ...queryOf(call.query), workspaceId: placeOf(call) }),
    }),
    endpoint({
      method: 'get',
      path: systemPath('/workspace/:wid/pools'),
      operationId: 'listWorkspacePools',
      tag,
      summary: 'List the identity pools of a workspace',
      access: identityScope,
      query,
      refuses: ['unprocessable_entity'],
      success: listed,
      handle: (call) => list(call, { ...queryOf(call.query), workspaceId: placeOf(call) }),
    }),
    endpoint({
      method: 'post',
      path: adminPath('/workspace/:wid/pools'),
      operationId: 'createWorkspacePool',
      tag,
      summary: 'Create an identity pool of a workspace',
      access: inWorkspace('create_identity_pool'),
      query: withIdp,
      body: poolBody,
      success: made,
      async handle(call) {
        const { tenantId, body } = call;
        const workspace = placeOf(call);
        if (body.workspace_id !== undefined && body.workspace_id !== '' && body.workspace_id !== workspace)
          throw unprocessable('/workspace_id', 'is another one than the path names');
        const words = { ...poolWordsIn(body), workspaceId: workspace };
        return created(call, await service.create(tenantId, body.id ?? '', words, call.query.with_idp === true));
      },
    }),
    endpoint({
      method: 'delete',
      path: adminPath('/workspace/:wid/pools/:ipID'),
      operationId: 'deleteWorkspacePool',
      tag,
      summary: 'Delete an identity pool of a workspace with everybody in it',
      access: {
        kind: 'role',
        in: 'pool',
        permission: 'delete_identity_pool',
        of: async (call) => {
          const pool = await find(call);
          return pool?.workspaceId === placeOf(call) ? pool : undefined;
        },
      },
      query: withIdp,
      refuses: ['conflict', 'unprocessable_entity'],
      success: gone,
      handle: (call) => service.remove(at(call), call.query.with_idp === true),
    }),
    endpoint({
      method: 'get',
      path: adminPath('/workspace/:wid/user/pools'),
      operationId: 'listUserWorkspacePools',
      tag,
      summary: 'List the identity pools of a workspace that you may see',
      access: { kind: 'role', in: 'any' },
      query: z.object({
        cursor: z.string().min(1).max(64).optional().describe('of the page before'),
        limit: z.coerce.number().int().min(1).optional().describe('20 by default, never more than 100'),
      }),
      success: {
        status: 200,
        description: 'a page of pools, and the cursor of the next one; empty after the last',
        body: z.object({ pools: z.array(poolAnswer), cursor: z.string() }),
      },
      async handle(call) {
        const { permissions, tenantId } = call;
        const { cursor: after, limit = 20 } = call.query;
        const place = placeOf(call);
        const seesAll = permissions.inWorkspace(place).has('list_identity_pools');
        const { items } = await pools.list(tenantId, {
          limit,
          order: 'asc',
          workspaceId: place,
          ...(after === undefined ? {} : { after }),
          ...(seesAll ? {} : { among: { workspaces: [], pools: permissions.pools } }),
        });
        const isLast = items.length < Math.min(limit, 100);
        return { pools: await bodies(tenantId, items), cursor: isLast ? '' : (items.at(-1)?.id ?? '') };
      },
    }),
  ];
}
