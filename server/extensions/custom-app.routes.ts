/** The custom applications of a workspace, in the Admin API. */
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { customAppId, newId, workspaceId, type WorkspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import {
  customAppAnswer,
  customAppBody,
  customAppsAnswer,
  customAppWordsIn,
  newCustomAppBody,
  toCustomAppBody,
  toCustomAppItem,
} from './custom-app.body.ts';
import {
  withClient,
  type CustomAppPlace,
  type CustomAppService,
  type CustomAppWithClient,
} from './custom-app.service.ts';
import type { CustomAppStore } from './custom-app.ts';
import type { PageClientStores } from './page-client.ts';

export interface CustomAppRoutesDeps {
  readonly customApps: Pick<CustomAppStore, 'find' | 'list'>;
  readonly clients: Pick<PageClientStores['clients'], 'find'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: CustomAppService;
  readonly clock: Clock;
}

const tag = 'customApps';
const path = '/api/admin/:tid/servers/:wid/custom-apps';
const onePath = `${path}/:customAppID`;
const one = { status: 200, description: 'the application, with its client', body: customAppAnswer } as const;

const placeOf = ({ params }: Pick<Call, 'params'>): WorkspaceId => workspaceId(params['wid'] ?? '');

export function customAppEndpoints(deps: CustomAppRoutesDeps): readonly Endpoint[] {
  const { customApps, clients, workspaces, service, clock } = deps;
  const of = async (call: Pick<Call, 'tenantId' | 'params'>): Promise<WorkspaceId | undefined> =>
    (await workspaces.find(call.tenantId, placeOf(call)))?.id;
  const mayRead = { kind: 'role', in: 'workspace', permission: 'read_custom_apps', of } as const;
  const mayManage = { kind: 'role', in: 'workspace', permission: 'manage_custom_apps', of } as const;

  const shown = (call: Call, found: CustomAppWithClient) =>
    toCustomAppBody(found, call.permissions.inWorkspace(placeOf(call)).has(mayManage.permission), clock.now());
  const appOf = (call: Call): CustomAppPlace => ({
    tenantId: call.tenantId,
    workspaceId: placeOf(call),
    id: customAppId(call.params['customAppID'] ?? ''),
    check: (stored) => {
      call.ifMatch(shown(call, stored));
    },
  });

  return [
    endpoint({
      method: 'get',
      path,
      operationId: 'listServerCustomApps',
      tag,
      summary: 'List the custom applications of a workspace',
      access: mayRead,
      success: { status: 200, description: 'its custom applications', body: customAppsAnswer },
      handle: async (call) => ({
        custom_apps: (await customApps.list(call.tenantId, placeOf(call))).map(toCustomAppItem),
      }),
    }),
    endpoint({
      method: 'post',
      path,
      operationId: 'createCustomApp',
      tag,
      summary: 'Create a custom application, and its client in the workspace system',
      access: mayManage,
      body: newCustomAppBody,
      success: { ...one, status: 201 },
      async handle(call) {
        const { id: given = '' } = call.body;
        const id = given === '' ? newId() : given;
        return shown(call, await service.create(call.tenantId, placeOf(call), id, customAppWordsIn(call.body, id)));
      },
    }),
    endpoint({
      method: 'delete',
      path: onePath,
      operationId: 'deleteCustomApp',
      tag,
      summary: 'Delete a custom application that no idp is bound to, with its client',
      access: mayManage,
      refuses: ['conflict'],
      success: { status: 204, description: 'it is gone' },
      handle: (call) => service.remove(appOf(call)),
    }),
    endpoint({
      method: 'get',
      path: onePath,
      operationId: 'getCustomApp',
      tag,
      summary: 'Get a custom application',
      access: mayRead,
      success: one,
      async handle(call) {
        const { tenantId, workspaceId: workspace, id } = appOf(call);
        const app = await customApps.find(tenantId, workspace, id);
        if (app === undefined) throw new PlatformError('not_found', 'There is no such custom application.');
        return shown(call, await withClient({ clients }, app));
      },
    }),
    endpoint({
      method: 'put',
      path: onePath,
      operationId: 'updateCustomApp',
      tag,
      summary: 'Replace what is said of a custom application; its id and its client stay',
      access: mayManage,
      body: customAppBody,
      success: one,
      async handle(call) {
        const place = appOf(call);
        return shown(call, await service.update(place, customAppWordsIn(call.body, place.id)));
      },
    }),
  ];
}
