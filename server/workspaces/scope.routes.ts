/** The scopes of a workspace, in the Admin and the System API. */
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { forceQuery } from '../http/force-query.ts';
import { allOf } from '../kernel/all-pages.ts';
import { PlatformError } from '../kernel/errors.ts';
import { scopeId, serviceId, workspaceId, type ServiceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import {
  newScopeBody,
  scopeBody,
  scopesWithServicesAnswer,
  scopeWithServiceAnswer,
  scopeWithServiceIdAnswer,
  scopeWordsIn,
  toScopeWithService,
  toScopeWithServiceId,
} from './scope.body.ts';
import type { ScopePlace, ScopeService } from './scope.service.ts';
import type { ScopeStore, StoredScope } from './scope.ts';
import type { Service, ServiceStore } from './service.ts';
import { workspaceIn, type WorkspaceStore } from './workspace.ts';

export interface ScopeRoutesDeps {
  readonly scopes: Pick<ScopeStore, 'findById' | 'listOwn'>;
  readonly services: Pick<ServiceStore, 'find' | 'list'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: ScopeService;
  /** Told which workspace is another one from now on. */
  readonly changed: (tenant: TenantId, workspace: WorkspaceId) => void;
}

const tag = 'scopes';
const list = { status: 200, description: 'its scopes, by name', body: scopesWithServicesAnswer } as const;
const noScope = () => new PlatformError('not_found', 'There is no such scope.');

const idOf = ({ params }: Pick<Call, 'params'>) => scopeId(params['scp'] ?? '');
const placeOf = ({ params }: Pick<Call, 'params'>) => workspaceId(params['wid'] ?? '');

async function listed(deps: ScopeRoutesDeps, call: Pick<Call, 'tenantId' | 'params'>) {
  const { tenantId } = call;
  const place = placeOf(call);
  const services = new Map<ServiceId, Service>();
  const all = allOf(
    (query) => deps.services.list(tenantId, place, query),
    ({ id }) => id,
  );
  for await (const service of all) services.set(service.id, service);
  const scopes = await deps.scopes.listOwn(tenantId, place);
  return {
    scopes: scopes.map((scope) => toScopeWithService(scope, scope.service && services.get(scope.service.id))),
  };
}

export function systemScopeEndpoints(deps: ScopeRoutesDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/api/system/:tid/scopes/:wid',
      operationId: 'listScopesSystem',
      tag,
      summary: 'List the scopes of a workspace',
      access: { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['view_scopes'] },
      success: list,
      async handle(call) {
        if ((await deps.workspaces.find(call.tenantId, placeOf(call))) === undefined)
          throw new PlatformError('not_found', 'There is no such workspace.');
        return listed(deps, call);
      },
    }),
  ];
}

export function adminScopeEndpoints(deps: ScopeRoutesDeps): readonly Endpoint[] {
  const { scopes, services, workspaces, service, changed } = deps;
  const ofScope = async (call: Pick<Call, 'tenantId' | 'params'>) =>
    (await scopes.findById(call.tenantId, idOf(call)))?.workspaceId;
  const thereIs = async ({ tenantId }: Pick<Call, 'tenantId'>, id: WorkspaceId) =>
    (await workspaces.find(tenantId, id))?.id;
  const mayManage = { kind: 'role', in: 'workspace', permission: 'manage_services', of: ofScope } as const;
  const scopeOf = (call: Call): ScopePlace => ({
    tenantId: call.tenantId,
    id: idOf(call),
    check: (stored) => {
      call.ifMatch(toScopeWithServiceId(stored));
    },
  });
  const told = ({ tenantId, workspaceId: place }: StoredScope) => {
    changed(tenantId, place);
  };

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/scopes',
      operationId: 'listScopes',
      tag,
      summary: 'List the scopes of a workspace',
      access: {
        kind: 'role',
        in: 'workspace',
        permission: 'read_services',
        of: (call) => thereIs(call, placeOf(call)),
      },
      success: list,
      handle: (call) => listed(deps, call),
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/scopes',
      operationId: 'createScope',
      tag,
      summary: 'Create a scope',
      access: {
        kind: 'role',
        in: 'workspace',
        permission: 'manage_services',
        of: (call) => thereIs(call, workspaceIn(call.body)),
        isInBody: true,
      },
      body: newScopeBody,
      success: { status: 201, description: 'the scope', body: scopeWithServiceIdAnswer },
      async handle({ tenantId, body }) {
        const { id = '', service_id: of = '' } = body;
        const made = await service.create({
          tenantId,
          workspaceId: workspaceId(body.authorization_server_id),
          ...scopeWordsIn(body),
          ...(id === '' ? {} : { id: scopeId(id) }),
          ...(of === '' ? {} : { serviceId: serviceId(of) }),
        });
        told(made);
        return toScopeWithServiceId(made);
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/scopes/:scp',
      operationId: 'getScope',
      tag,
      summary: 'Get a scope',
      access: { kind: 'role', in: 'workspace', permission: 'read_services', of: ofScope },
      success: { status: 200, description: 'the scope, with its service', body: scopeWithServiceAnswer },
      async handle(call) {
        const scope = await scopes.findById(call.tenantId, idOf(call));
        if (scope === undefined) throw noScope();
        call.tag(toScopeWithServiceId(scope));
        return toScopeWithService(scope, scope.service && (await services.find(call.tenantId, scope.service.id)));
      },
    }),
    endpoint({
      method: 'put',
      path: '/api/admin/:tid/scopes/:scp',
      operationId: 'updateScope',
      tag,
      summary: 'Replace what is said of a scope; its name and its service stay',
      access: mayManage,
      body: scopeBody,
      refuses: ['conflict'],
      success: { status: 200, description: 'the scope', body: scopeWithServiceIdAnswer },
      async handle(call) {
        const scope = await service.update(scopeOf(call), scopeWordsIn(call.body));
        told(scope);
        return toScopeWithServiceId(scope);
      },
    }),
    endpoint({
      method: 'delete',
      path: '/api/admin/:tid/scopes/:scp',
      operationId: 'deleteScope',
      tag,
      summary: 'Delete a scope: nobody is granted it any more',
      access: mayManage,
      query: forceQuery,
      success: { status: 204, description: 'it is gone' },
      async handle(call) {
        told(await service.remove({ ...scopeOf(call), force: call.query.force === true }));
      },
    }),
  ];
}
