/** Clients in the System API, for machines of their tenant, and in the Admin API, for who administers their workspace. */
import { z } from 'zod';
import { endpoint, type Access, type Call, type Endpoint, type RoleAccess } from '../http/endpoint.ts';
import { pageOf } from '../http/list-query.ts';
import { listed } from '../http/streamed.ts';
import { passedOver } from '../http/unserved.ts';
import { allOf } from '../kernel/all-pages.ts';
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId, workspaceId, type ClientId, type WorkspaceId } from '../kernel/ids.ts';
import { isReservedWorkspace } from '../tenants/tenant.ts';
import { workspaceIn, type WorkspaceStore } from '../workspaces/workspace.ts';
import { clientBody, clientChangeBody, metadataIn, newClientBody, toClientBody } from './client.body.ts';
import { asksForOthers, clientListQuery } from './client-list.body.ts';
import type { ClientOfTenant, ClientService } from './client.service.ts';
import type { Client, ClientQuery, ClientStore } from './client.ts';

export interface ClientRoutesDeps {
  readonly clients: Pick<ClientStore, 'findInTenant' | 'list'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: ClientService;
  readonly clock: Clock;
}

const manage = 'manage_clients';
/** The scope that changes whatever a tenant is made of. */
const everything = 'manage_configuration';
const system = { kind: 'scope', tenant: 'path', workspace: 'system' } as const;
const viewers: Access = { ...system, scopes: ['view_clients', manage] };
const managers: Access = { ...system, scopes: [manage] };
const tag = 'clients';

/** Go's notation; 0 or nothing: until it is revoked. */
const revokeAfter = z.string().transform((text, context) => {
  const ms = text === '0' || text === '' ? 0 : parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue('must be a duration such as 1h0m0s');
  return z.NEVER;
});

type Show = (call: Call, client: Client) => ReturnType<typeof toClientBody>;

const idOf = ({ params }: Pick<Call, 'params'>): ClientId => clientId(params['cid'] ?? '');

/** The client that a call names, held to what its caller has read. */
function placeOf(call: Call, show: Show) {
  return {
    tenantId: call.tenantId,
    id: idOf(call),
    check: (stored: Client): void => {
      call.ifMatch(show(call, stored));
    },
  };
}

async function get(clients: Pick<ClientStore, 'findInTenant'>, call: Call): Promise<Client> {
  const client = await clients.findInTenant(call.tenantId, idOf(call));
  if (client === undefined) throw new PlatformError('not_found', 'There is no such client.');
  return client;
}

async function rotate(
  service: ClientService,
  place: ClientOfTenant,
  after = 0,
): Promise<{ secret: string | undefined }> {
  const revoked = after === 0 ? {} : { revokeOldAfterMs: after };
  const { secret } = await service.rotateSecret({ ...place, ...revoked });
  return { secret };
}

const one = { status: 200, description: 'the client', body: clientBody } as const;
const fresh = { status: 200, description: 'the fresh secret', body: z.object({ secret: z.string() }) } as const;
const revokedAll = { status: 204, description: 'the secrets before it are accepted no more' } as const;
const rotation = z.object({ auto_revoke_after: revokeAfter.optional() });

export function systemClientEndpoints(deps: ClientRoutesDeps): readonly Endpoint[] {
  const { clients, workspaces, service, clock } = deps;
  /**
   * The clients of a reserved workspace administer the tenant: who may manage clients, and not everything, would otherwise
   * take the name of one that may.
   */
  const mayManage = ({ caller }: Call, client: Client): boolean =>
    caller?.scopes.includes(isReservedWorkspace(client.workspaceId) ? everything : manage) === true;
  /** As this caller may see it. */
  const show: Show = (call, client) => toClientBody(client, mayManage(call, client), clock.now());
  const managed = (call: Call) => {
    const place = placeOf(call, show);
    const check = (stored: Client): void => {
      if (!mayManage(call, stored))
        throw new PlatformError('forbidden', `The clients of ${stored.workspaceId} need the scope ${everything}.`);
      place.check(stored);
    };
    return { ...place, check };
  };

  return [
    endpoint({
      method: 'get',
      path: '/api/system/:tid/client/:cid',
      operationId: 'getClient',
      tag,
      summary: 'Get a client',
      access: viewers,
      success: one,
      async handle(call) {
        return show(call, await get(clients, call));
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/system/:tid/clients/:wid',
      operationId: 'listClientsSystem',
      tag,
      summary: 'List the clients of a workspace',
      access: viewers,
      success: {
        status: 200,
        description: 'the clients',
        body: z.object({ clients: z.array(clientBody) }),
        isStreamed: true,
      },
      async handle(call) {
        const workspace = workspaceId(call.params['wid'] ?? '');
        if ((await workspaces.find(call.tenantId, workspace)) === undefined)
          throw new PlatformError('not_found', 'There is no such workspace.');
        const list = allOf(
          (query) => clients.list(call.tenantId, workspace, query),
          ({ id }) => id,
        );
        return listed('clients', list, (client) => show(call, client));
      },
    }),
    endpoint({
      method: 'post',
      path: '/api/system/:tid/client/:cid/rotateSecret',
      operationId: 'rotateClientSecret',
      tag,
      summary: 'Give a client a fresh secret; the one before is accepted a while longer',
      access: managers,
      query: rotation,
      success: fresh,
      handle: (call) => rotate(service, managed(call), call.query.auto_revoke_after),
    }),
    endpoint({
      method: 'post',
      path: '/api/system/:tid/client/:cid/revokeRotatedSecrets',
      operationId: 'revokeRotatedClientSecrets',
      tag,
      summary: 'Accept the current secret of a client alone',
      access: managers,
      success: revokedAll,
      handle: (call) => service.revokeRotatedSecrets(managed(call)),
    }),
  ];
}

export function adminClientEndpoints({ clients, workspaces, service, clock }: ClientRoutesDeps): readonly Endpoint[] {
  const isThere = async ({ tenantId }: Pick<Call, 'tenantId'>, id: WorkspaceId): Promise<WorkspaceId | undefined> =>
    (await workspaces.find(tenantId, id))?.id;
  const ofClient = async (call: Pick<Call, 'tenantId' | 'params'>): Promise<WorkspaceId | undefined> =>
    (await clients.findInTenant(call.tenantId, idOf(call)))?.workspaceId;
  const mayRead: RoleAccess = { kind: 'role', in: 'workspace', permission: 'read_clients', of: ofClient };
  const mayManage: RoleAccess = { kind: 'role', in: 'workspace', permission: 'manage_clients', of: ofClient };
  const held = (call: Call) => {
    const place = placeOf(call, show);
    const check = (stored: Client): void => {
      // The one that was found before may be gone, and its id taken in a workspace where this caller has no say.
      if (!call.permissions.inWorkspace(stored.workspaceId).has('manage_clients'))
        throw new PlatformError('forbidden', 'Your roles do not allow this.');
      place.check(stored);
    };
    return { ...place, check };
  };
  /** Who may read clients but not manage them does not get to act as one. */
  const show: Show = ({ permissions }, client) =>
    toClientBody(client, permissions.inWorkspace(client.workspaceId).has('manage_clients'), clock.now());

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/clients',
      operationId: 'listClients',
      tag,
      summary: 'List the clients of a workspace',
      access: {
        kind: 'role',
        in: 'workspace',
        permission: 'read_clients',
        of: (call) => isThere(call, workspaceId(call.params['wid'] ?? '')),
      },
      query: clientListQuery,
      refuses: ['unprocessable_entity'],
      success: { status: 200, description: 'the clients', body: z.object({ clients: z.array(clientBody) }) },
      async handle(call) {
        const id = workspaceId(call.params['wid'] ?? '');
        if (asksForOthers(call.query)) return { clients: [] };
        const { sort } = call.query;
        const by: Pick<ClientQuery, 'sort'> = sort === 'name' || sort === 'issued_at' ? { sort } : {};
        const { items } = await clients.list(call.tenantId, id, { ...pageOf('client', call.query), ...by });
        return { clients: items.map((client) => show(call, client)) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/clients',
      operationId: 'createClient',
      tag,
      summary: 'Create a client',
      access: {
        kind: 'role',
        in: 'workspace',
        permission: 'manage_clients',
        of: (call) => isThere(call, workspaceIn(call.body)),
        isInBody: true,
      },
      query: z.object({ application_purpose: passedOver('nothing is derived from what an application is for') }),
      body: newClientBody,
      success: { status: 201, description: 'the client', body: clientBody },
      async handle(call) {
        const { body, tenantId } = call;
        const { client_id: id = '', client_secret: secret = '' } = body;
        const made = await service.create({
          tenantId,
          workspaceId: workspaceId(body.authorization_server_id),
          metadata: metadataIn(body),
          ...(id === '' ? {} : { id }),
          ...(secret === '' ? {} : { secret }),
          ...(body.trusted === undefined ? {} : { trusted: body.trusted }),
          ...(body.client_status === undefined ? {} : { status: body.client_status }),
        });
        return show(call, made);
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/clients/:cid',
      operationId: 'getClient',
      tag,
      summary: 'Get a client',
      access: mayRead,
      success: one,
      handle: async (call) => show(call, await get(clients, call)),
    }),
    endpoint({
      method: 'put',
      path: '/api/admin/:tid/clients/:cid',
      operationId: 'updateClient',
      tag,
      summary: 'Replace what a client was registered with; its id, workspace and secret stay',
      access: mayManage,
      body: clientChangeBody,
      success: one,
      async handle(call) {
        const { body } = call;
        const updated = await service.update({
          ...held(call),
          metadata: metadataIn(body),
          ...(body.trusted === undefined ? {} : { trusted: body.trusted }),
          ...(body.client_status === undefined ? {} : { status: body.client_status }),
        });
        return show(call, updated);
      },
    }),
    endpoint({
      method: 'delete',
      path: '/api/admin/:tid/clients/:cid',
      operationId: 'deleteClient',
      tag,
      summary: 'Delete a client and everything it was given',
      access: mayManage,
      success: { status: 204, description: 'it is gone' },
      handle: (call) => service.remove(held(call)),
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/clients/:cid/rotateSecret',
      operationId: 'rotateClientSecret',
      tag,
      summary: 'Give a client a fresh secret; the one before is accepted a while longer',
      access: mayManage,
      query: rotation,
      success: fresh,
      handle: (call) => rotate(service, held(call), call.query.auto_revoke_after),
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/clients/:cid/revokeRotatedSecrets',
      operationId: 'revokeRotatedClientSecrets',
      tag,
      summary: 'Accept the current secret of a client alone',
      access: mayManage,
      success: revokedAll,
      handle: (call) => service.revokeRotatedSecrets(held(call)),
    }),
  ];
}

/** Parsed already where it is asked. */
