/** The System API's clients: read, and given fresh secrets, by machines of their tenant. */
import { z } from 'zod';
import { endpoint, type Access, type Call, type Endpoint } from '../http/endpoint.ts';
import { allOf } from '../kernel/all-pages.ts';
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId, workspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { clientBody, toClientBody } from './client.body.ts';
import type { ClientService } from './client.service.ts';
import type { Client, ClientStore } from './client.ts';

export interface SystemClientRoutesDeps {
  readonly clients: Pick<ClientStore, 'findInTenant' | 'list'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: Pick<ClientService, 'rotateSecret' | 'revokeRotatedSecrets'>;
  readonly clock: Clock;
}

const manage = 'manage_clients';
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

export function systemClientEndpoints(deps: SystemClientRoutesDeps): readonly Endpoint[] {
  const { clients, workspaces, service, clock } = deps;
  /** As this caller may see it. */
  const show = ({ caller }: Call, client: Client) => toClientBody(client, caller.scopes.includes(manage), clock.now());
  const place = (call: Call) => ({
    tenantId: call.tenantId,
    id: clientId(call.params['cid'] ?? ''),
    check: (stored: Client): void => {
      call.ifMatch(show(call, stored));
    },
  });

  return [
    endpoint({
      method: 'get',
      path: '/api/system/:tid/client/:cid',
      operationId: 'getClient',
      tag,
      summary: 'Get a client',
      access: viewers,
      success: { status: 200, description: 'the client', body: clientBody },
      async handle(call) {
        const client = await clients.findInTenant(call.tenantId, clientId(call.params['cid'] ?? ''));
        if (client === undefined) throw new PlatformError('not_found', 'There is no such client.');
        return show(call, client);
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/system/:tid/clients/:wid',
      operationId: 'listClientsSystem',
      tag,
      summary: 'List the clients of a workspace',
      access: viewers,
      success: { status: 200, description: 'the clients', body: z.object({ clients: z.array(clientBody) }) },
      async handle(call) {
        const workspace = workspaceId(call.params['wid'] ?? '');
        if ((await workspaces.find(call.tenantId, workspace)) === undefined)
          throw new PlatformError('not_found', 'There is no such workspace.');
        const found: unknown[] = [];
        const list = allOf(
          (query) => clients.list(call.tenantId, workspace, query),
          ({ id }) => id,
        );
        for await (const client of list) found.push(show(call, client));
        return { clients: found };
      },
    }),
    endpoint({
      method: 'post',
      path: '/api/system/:tid/client/:cid/rotateSecret',
      operationId: 'rotateClientSecret',
      tag,
      summary: 'Give a client a fresh secret; the one before is accepted a while longer',
      access: managers,
      query: z.object({ auto_revoke_after: revokeAfter.optional() }),
      success: { status: 200, description: 'the fresh secret', body: z.object({ secret: z.string() }) },
      async handle(call) {
        const { auto_revoke_after: after = 0 } = call.query;
        const { secret } = await service.rotateSecret({
          ...place(call),
          ...(after === 0 ? {} : { revokeOldAfterMs: after }),
        });
        return { secret };
      },
    }),
    endpoint({
      method: 'post',
      path: '/api/system/:tid/client/:cid/revokeRotatedSecrets',
      operationId: 'revokeRotatedClientSecrets',
      tag,
      summary: 'Accept the current secret of a client alone',
      access: managers,
      success: { status: 204, description: 'the secrets before it are accepted no more' },
      handle: (call) => service.revokeRotatedSecrets(place(call)),
    }),
  ];
}
