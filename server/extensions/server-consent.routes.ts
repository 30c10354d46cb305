/** Where the people of a workspace decide what an application gets, in the Admin API. */
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import type { Clock } from '../kernel/clock.ts';
import { workspaceId, type WorkspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import type { PageClientStores } from './page-client.ts';
import { consentUrlIn, serverConsentAnswer, serverConsentBody, toServerConsentBody } from './server-consent.body.ts';
import {
  serverConsentOf,
  type ServerConsentPlace,
  type ServerConsentService,
  type ServerConsentWithClient,
} from './server-consent.service.ts';
import type { ServerConsentStore } from './server-consent.ts';

export interface ServerConsentRoutesDeps {
  readonly serverConsents: Pick<ServerConsentStore, 'find'>;
  readonly clients: Pick<PageClientStores['clients'], 'find'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: ServerConsentService;
  readonly clock: Clock;
}

const tag = 'servers';
const path = '/api/admin/:tid/servers/:wid/server-consent';
const success = { status: 200, description: 'the page, with its client', body: serverConsentAnswer } as const;

const placeOf = ({ params }: Pick<Call, 'params'>): WorkspaceId => workspaceId(params['wid'] ?? '');

export function serverConsentEndpoints(deps: ServerConsentRoutesDeps): readonly Endpoint[] {
  const of = async (call: Pick<Call, 'tenantId' | 'params'>): Promise<WorkspaceId | undefined> =>
    (await deps.workspaces.find(call.tenantId, placeOf(call)))?.id;
  const mayManage = { kind: 'role', in: 'workspace', permission: 'update_workspace', of } as const;

  const shown = (call: Call, found: ServerConsentWithClient | undefined) => {
    const workspace = placeOf(call);
    const reveal = call.permissions.inWorkspace(workspace).has(mayManage.permission);
    return toServerConsentBody(found, { tenantId: call.tenantId, workspaceId: workspace }, reveal, deps.clock.now());
  };
  const pageOf = (call: Call): ServerConsentPlace => ({
    tenantId: call.tenantId,
    workspaceId: placeOf(call),
    check: (stored) => {
      call.ifMatch(shown(call, stored));
    },
  });

  return [
    endpoint({
      method: 'get',
      path,
      operationId: 'getServerConsent',
      tag,
      summary: 'Get the page on which people decide what an application gets',
      access: { ...mayManage, permission: 'get_workspace' },
      success,
      handle: async (call) => shown(call, await serverConsentOf(deps, call.tenantId, placeOf(call))),
    }),
    endpoint({
      method: 'put',
      path,
      operationId: 'setServerConsent',
      tag,
      summary: 'Have people decide on a page of yours, or on our own; a page of yours comes with its client',
      access: mayManage,
      body: serverConsentBody,
      refuses: ['conflict'],
      success,
      async handle(call) {
        const url = consentUrlIn(call.body);
        const place = pageOf(call);
        if (url !== undefined) return shown(call, await deps.service.set(place, url));
        await deps.service.remove(place);
        return shown(call, undefined);
      },
    }),
  ];
}
