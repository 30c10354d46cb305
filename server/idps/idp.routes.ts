/** The Admin API's idps of a workspace: identity pools, login pages of integrators, and fixed people for a sandbox. */
import type { z } from 'zod';
import { clientBody, toClientBody } from '../clients/client.body.ts';
import { systemWorkspace, type PageClientStores } from '../extensions/page-client.ts';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { idpId, poolId, workspaceId, type WorkspaceId } from '../kernel/ids.ts';
import type { PoolStore } from '../pools/pool.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import {
  customIdpAnswer,
  customIdpBody,
  customIdpFrom,
  identityPoolIdpAnswer,
  identityPoolIdpBody,
  idpsAnswer,
  poolIdpFrom,
  staticIdpAnswer,
  staticIdpBody,
  staticIdpFrom,
  toIdpBody,
} from './idp.body.ts';
import type { IdpPlace, IdpService, NewIdp } from './idp.service.ts';
import type { Idp, IdpStore } from './idp.ts';

export interface IdpRoutesDeps {
  readonly idps: Pick<IdpStore, 'find' | 'list' | 'listOfPool'>;
  readonly pools: Pick<PoolStore, 'find'>;
  readonly clients: Pick<PageClientStores['clients'], 'find'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: IdpService;
  readonly clock: Clock;
}

const tag = 'idps';
/** Five hundred people with what is known of them. */
const bodyLimit = 1024 * 1024;

const placeOf = ({ params }: Pick<Call, 'params'>): WorkspaceId => workspaceId(params['wid'] ?? '');

function idpOf(call: Call): IdpPlace {
  return {
    tenantId: call.tenantId,
    workspaceId: placeOf(call),
    id: idpId(call.params['iid'] ?? ''),
    check: (stored) => {
      call.ifMatch(toIdpBody(stored));
    },
  };
}

export function idpEndpoints(deps: IdpRoutesDeps): readonly Endpoint[] {
  const { idps, pools, clients, workspaces, service, clock } = deps;
  const of = async (call: Pick<Call, 'tenantId' | 'params'>): Promise<WorkspaceId | undefined> =>
    (await workspaces.find(call.tenantId, placeOf(call)))?.id;
  const mayRead = { kind: 'role', in: 'workspace', permission: 'read_idps', of } as const;
  const mayManage = { kind: 'role', in: 'workspace', permission: 'manage_idps', of } as const;

  /** The three calls of one method. */
  const ofMethod = <Body extends z.ZodType>(
    method: Idp['method'],
    name: string,
    body: Body,
    answer: z.ZodType,
    read: (body: z.output<Body>) => NewIdp,
  ): readonly Endpoint[] => {
    const path = `/api/admin/:tid/servers/:wid/idps/${method}`;
    const one = { status: 200, description: 'the idp', body: answer } as const;
    const ofName = `an idp of the method ${method}`;
    return [
      endpoint({
        method: 'post',
        path,
        operationId: `create${name}IDP`,
        tag,
        summary: `Create ${ofName}`,
        access: mayManage,
        body,
        bodyLimit,
        success: { status: 201, description: 'the idp', body: answer },
        handle: async (call) => toIdpBody(await service.create(call.tenantId, placeOf(call), read(call.body))),
      }),
      endpoint({
        method: 'get',
        path: `${path}/:iid`,
        operationId: `get${name}IDP`,
        tag,
        summary: `Get ${ofName}`,
        access: mayRead,
        success: one,
        async handle(call) {
          const { tenantId, workspaceId: workspace, id } = idpOf(call);
          const idp = await idps.find(tenantId, workspace, id);
          if (idp?.method !== method) throw new PlatformError('not_found', 'There is no such idp.');
          return toIdpBody(idp);
        },
      }),
      endpoint({
        method: 'put',
        path: `${path}/:iid`,
        operationId: `update${name}IDP`,
        tag,
        summary: `Replace ${ofName}; its id stays`,
        access: mayManage,
        body,
        bodyLimit,
        ...(method === 'identity_pool' ? { refuses: ['conflict'] as const } : {}),
        success: one,
        handle: async (call) => toIdpBody(await service.update(idpOf(call), read(call.body))),
      }),
    ];
  };

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/idps',
      operationId: 'listIDPs',
      tag,
      summary: 'List the idps of a workspace, in the order they were added',
      access: mayRead,
      success: { status: 200, description: 'the idps', body: idpsAnswer },
      handle: async (call) => ({ idps: (await idps.list(call.tenantId, placeOf(call))).map(toIdpBody) }),
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/pools/:ipID/idps',
      operationId: 'listIDPsForIdentityPool',
      tag,
      summary: 'List the idps by which people of a pool sign in, whatever the workspace',
      access: { kind: 'role', in: 'tenant', permission: 'list_identity_pools' },
      success: { status: 200, description: 'the idps', body: idpsAnswer },
      async handle({ tenantId, params }) {
        const pool = await pools.find(tenantId, poolId(params['ipID'] ?? ''));
        if (pool === undefined) throw new PlatformError('not_found', 'There is no such identity pool.');
        return { idps: (await idps.listOfPool(tenantId, pool.id)).map(toIdpBody) };
      },
    }),
    endpoint({
      method: 'delete',
      path: '/api/admin/:tid/servers/:wid/idps/:iid',
      operationId: 'deleteIDP',
      tag,
      summary: 'Delete an idp: nobody signs in by it any more',
      access: mayManage,
      refuses: ['unprocessable_entity'],
      success: { status: 204, description: 'it is gone' },
      handle: (call) => service.remove(idpOf(call)),
    }),
    ...ofMethod('identity_pool', 'IdentityPool', identityPoolIdpBody, identityPoolIdpAnswer, poolIdpFrom),
    ...ofMethod('static', 'Static', staticIdpBody, staticIdpAnswer, staticIdpFrom),
    ...ofMethod('custom', 'Custom', customIdpBody, customIdpAnswer, customIdpFrom),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/idps/custom/:iid/client',
      operationId: 'getCustomIDPClient',
      tag,
      summary: 'Get the client by which a login page says who its people are',
      access: mayRead,
      success: { status: 200, description: 'the client', body: clientBody },
      async handle(call) {
        const { tenantId, workspaceId: workspace, id } = idpOf(call);
        const idp = await idps.find(tenantId, workspace, id);
        const client =
          idp?.method === 'custom' ? await clients.find(tenantId, systemWorkspace, idp.clientId) : undefined;
        if (client === undefined) throw new PlatformError('not_found', 'There is no such idp, or it has no client.');
        return toClientBody(client, call.permissions.inWorkspace(workspace).has(mayManage.permission), clock.now());
      },
    }),
  ];
}
