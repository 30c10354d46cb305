/** The services of a workspace, in the Admin API. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { forceQuery } from '../http/force-query.ts';
import { listQuery, pageOf } from '../http/list-query.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { serviceId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import {
  newServiceBody,
  scopeAnswer,
  serviceBody,
  serviceWithAudienceAnswer,
  serviceWordsIn,
  toScopeBody,
  toServiceBody,
} from './scope.body.ts';
import type { ScopeStore, StoredScope } from './scope.ts';
import type { ServicePlace, ServiceService } from './service.service.ts';
import type { Service, ServiceStore } from './service.ts';
import { workspaceIn, type Workspace, type WorkspaceStore } from './workspace.ts';

export interface ServiceRoutesDeps {
  readonly services: Pick<ServiceStore, 'find' | 'list'>;
  readonly scopes: Pick<ScopeStore, 'listOwn'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: ServiceService;
  /** Which audience every access token of a workspace has. */
  readonly audienceOf: (workspace: Workspace) => string;
  /** Told which workspace is another one from now on. */
  readonly changed: (tenant: TenantId, workspace: WorkspaceId) => void;
}

const tag = 'services';
const idOf = ({ params }: Pick<Call, 'params'>) => serviceId(params['sid'] ?? '');
const placeOf = ({ params }: Pick<Call, 'params'>) => workspaceId(params['wid'] ?? '');

const withScopes = serviceWithAudienceAnswer.extend({ scopes: z.array(scopeAnswer) });
const listing = serviceWithAudienceAnswer.extend({ number_of_scopes: z.number().int() });

const query = listQuery('service', 'id').extend({
  service_types: z
    .string()
    .max(255)
    .transform((text) => text.split(',').filter(Boolean))
    .optional()
    .describe('those that are listed, separated by commas; all of them where it is left out'),
});

export function serviceEndpoints(deps: ServiceRoutesDeps): readonly Endpoint[] {
  const { services, scopes, workspaces, service, audienceOf, changed } = deps;
  const ofService = async (call: Pick<Call, 'tenantId' | 'params'>) =>
    (await services.find(call.tenantId, idOf(call)))?.workspaceId;
  const thereIs = async ({ tenantId }: Pick<Call, 'tenantId'>, id: WorkspaceId) =>
    (await workspaces.find(tenantId, id))?.id;
  const mayManage = { kind: 'role', in: 'workspace', permission: 'manage_services', of: ofService } as const;

  const workspaceOf = async (tenant: TenantId, id: WorkspaceId): Promise<Workspace> => {
    const workspace = await workspaces.find(tenant, id);
    if (workspace === undefined) throw new PlatformError('not_found', 'There is no such workspace.');
    return workspace;
  };
  const withAudience = (one: Service, workspace: Workspace) => ({
    ...toServiceBody(one),
    audience: one.customAudience ?? audienceOf(workspace),
  });
  const scopesOf = (all: readonly StoredScope[], { id }: Service) => all.filter((scope) => scope.service?.id === id);
  /** As a GET answers it, which is what an `if-match` speaks of. */
  const shown = (one: Service, workspace: Workspace, own: readonly StoredScope[]) => ({
    ...withAudience(one, workspace),
    scopes: own.map(toScopeBody),
  });
  /** The service, and where it is: read before the transaction that changes it. */
  const serviceOf = async (call: Call): Promise<ServicePlace & { readonly workspace: Workspace }> => {
    const { tenantId } = call;
    const workspace = await workspaceOf(tenantId, (await ofService(call)) ?? workspaceId(''));
    return {
      tenantId,
      id: idOf(call),
      workspace,
      check: (stored, own) => {
        call.ifMatch(shown(stored, workspace, own));
      },
    };
  };

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/services',
      operationId: 'listServices',
      tag,
      summary: 'List the services of a workspace',
      access: {
        kind: 'role',
        in: 'workspace',
        permission: 'read_services',
        of: (call) => thereIs(call, placeOf(call)),
      },
      query,
      success: { status: 200, description: 'a page of services', body: z.object({ services: z.array(listing) }) },
      async handle(call) {
        const { tenantId } = call;
        const workspace = await workspaceOf(tenantId, placeOf(call));
        const page = { ...pageOf('service', call.query), types: call.query.service_types };
        const { items } = await services.list(tenantId, workspace.id, page);
        const all = await scopes.listOwn(tenantId, workspace.id);
        return {
          services: items.map((one) => ({
            ...withAudience(one, workspace),
            number_of_scopes: scopesOf(all, one).length,
          })),
        };
      },
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/services',
      operationId: 'createService',
      tag,
      summary: 'Create a service',
      access: {
        kind: 'role',
        in: 'workspace',
        permission: 'manage_services',
        of: (call) => thereIs(call, workspaceIn(call.body)),
        isInBody: true,
      },
      body: newServiceBody,
      success: { status: 201, description: 'the service', body: serviceWithAudienceAnswer },
      async handle({ tenantId, body, tag: tagged }) {
        const workspace = await workspaceOf(tenantId, workspaceId(body.authorization_server_id));
        const made = await service.create(tenantId, workspace.id, body.id ?? '', serviceWordsIn(body));
        changed(tenantId, workspace.id);
        tagged(shown(made, workspace, []));
        return withAudience(made, workspace);
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/services/:sid',
      operationId: 'getService',
      tag,
      summary: 'Get a service with its scopes',
      access: { kind: 'role', in: 'workspace', permission: 'read_services', of: ofService },
      success: { status: 200, description: 'the service', body: withScopes },
      async handle(call) {
        const found = await services.find(call.tenantId, idOf(call));
        if (found === undefined) throw new PlatformError('not_found', 'There is no such service.');
        const own = scopesOf(await scopes.listOwn(found.tenantId, found.workspaceId), found);
        return shown(found, await workspaceOf(found.tenantId, found.workspaceId), own);
      },
    }),
    endpoint({
      method: 'put',
      path: '/api/admin/:tid/services/:sid',
      operationId: 'updateService',
      tag,
      summary: 'Replace what is said of a service; its scopes stay',
      access: mayManage,
      body: serviceBody,
      success: { status: 200, description: 'the service', body: serviceWithAudienceAnswer },
      async handle(call) {
        const { workspace, check, ...place } = await serviceOf(call);
        const { type = '' } = call.body;
        const checkAll: typeof check = (stored, own) => {
          check?.(stored, own);
          if (type !== '' && type !== stored.type) throw unprocessable('/type', 'A service keeps its type.');
        };
        const written = await service.update({ ...place, check: checkAll }, serviceWordsIn(call.body));
        changed(written.tenantId, written.workspaceId);
        call.tag(shown(written, workspace, scopesOf(await scopes.listOwn(call.tenantId, workspace.id), written)));
        return withAudience(written, workspace);
      },
    }),
    endpoint({
      method: 'delete',
      path: '/api/admin/:tid/services/:sid',
      operationId: 'deleteService',
      tag,
      summary: 'Delete a service with its scopes',
      access: mayManage,
      query: forceQuery,
      success: { status: 204, description: 'it is gone' },
      async handle(call) {
        const removed = await service.remove({ ...(await serviceOf(call)), force: call.query.force === true });
        const { tenantId, workspaceId: place } = removed;
        changed(tenantId, place);
      },
    }),
  ];
}
