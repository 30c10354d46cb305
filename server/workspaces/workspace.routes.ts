/** The workspaces of the Admin API, and their removal in the System API; there they are called servers. */
import { z } from 'zod';
import { pointingFrom } from '../http/body-pointers.ts';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { forceQuery } from '../http/force-query.ts';
import { listQuery, pageOf } from '../http/list-query.ts';
import { passedOver } from '../http/unserved.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { newId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { ExecutionPointStore } from '../extensions/execution-point.ts';
import { defaultPlace } from '../extensions/execution-point.ts';
import {
  defaultScriptIn,
  newServerBody,
  serverBody,
  serverChangeBody,
  settingsIn,
  toServerBody,
} from './server.body.ts';
import type { ShownWorkspace, WorkspaceService } from './workspace.service.ts';
import type { WorkspaceStore } from './workspace.ts';

export interface WorkspaceRoutesDeps {
  readonly workspaces: Pick<WorkspaceStore, 'find' | 'list'>;
  readonly executionPoints: Pick<ExecutionPointStore, 'find' | 'listDefaults'>;
  readonly service: WorkspaceService;
  /** Told which workspace is another one from now on. */
  readonly changed: (tenant: TenantId, workspace: WorkspaceId) => void;
}

const tag = 'servers';
const types = z.enum(['admin', 'developer', 'system', 'regular', 'organization']);

/** Comma separated; there are no organizations yet. */
const typeList = z
  .string()
  .max(200)
  .transform((text) => text.split(',').filter((type) => type !== ''))
  .pipe(z.array(types))
  .transform((list) =>
    list.length === 0 ? undefined : list.flatMap((type) => (type === 'organization' ? [] : [type])),
  );

const placeOf = ({ params }: Pick<Call, 'params'>): WorkspaceId => workspaceId(params['wid'] ?? '');
const matching =
  ({ ifMatch }: Call) =>
  (stored: ShownWorkspace): void => {
    ifMatch(toServerBody(stored));
  };
const gone = { status: 204, description: 'it is gone, with all it held' } as const;
const one = { status: 200, description: 'the workspace', body: serverBody } as const;

export function adminWorkspaceEndpoints(deps: WorkspaceRoutesDeps): readonly Endpoint[] {
  const { workspaces, executionPoints, service, changed } = deps;
  const find = async (call: Pick<Call, 'tenantId' | 'params'>): Promise<WorkspaceId | undefined> =>
    (await workspaces.find(call.tenantId, placeOf(call)))?.id;

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers',
      operationId: 'listAuthorizationServers',
      tag,
      summary: 'List the workspaces you may see',
      access: { kind: 'role', in: 'any' },
      query: listQuery('server', 'id').extend({ server_types: typeList.optional() }),
      success: { status: 200, description: 'the workspaces', body: z.object({ servers: z.array(serverBody) }) },
      async handle({ tenantId, query, permissions }) {
        const { server_types: wanted } = query;
        const seesAll = permissions.inTenant.has('list_workspaces');
        const mine = permissions.workspaces.filter((id) => permissions.inWorkspace(id).has('get_workspace'));
        const { items } = await workspaces.list(tenantId, {
          ...pageOf('server', query),
          ...(wanted === undefined ? {} : { types: wanted }),
          ...(seesAll ? {} : { among: mine }),
        });
        const defaults = await executionPoints.listDefaults(
          tenantId,
          items.map(({ id }) => id),
        );
        return {
          servers: items.map((workspace) =>
            toServerBody({ ...workspace, defaultScript: defaults.get(workspace.id) ?? '' }),
          ),
        };
      },
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/servers',
      operationId: 'createAuthorizationServer',
      tag,
      summary: 'Create a workspace',
      access: { kind: 'role', in: 'tenant', permission: 'create_workspace' },
      query: z.object({ with_demo_client: passedOver('a workspace has its demonstration by its settings') }),
      body: newServerBody,
      success: { status: 201, description: 'the workspace', body: serverBody },
      async handle({ tenantId, body }) {
        const id = body.id === undefined || body.id === '' ? newId() : body.id;
        const name = body.name === undefined || body.name === '' ? id : body.name;
        const made = await pointingFrom('/settings', () =>
          service.create({
            ...{ tenantId, id, name, type: 'regular', settings: settingsIn(body) },
            defaultScript: defaultScriptIn(body),
          }),
        );
        changed(tenantId, made.id);
        return toServerBody(made);
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid',
      operationId: 'getAuthorizationServer',
      tag,
      summary: 'Get a workspace',
      access: { kind: 'role', in: 'workspace', permission: 'get_workspace', of: find },
      success: one,
      async handle(call) {
        const workspace = await workspaces.find(call.tenantId, placeOf(call));
        if (workspace === undefined) throw new PlatformError('not_found', 'There is no such workspace.');
        const bound = await executionPoints.find(
          defaultPlace({ tenantId: workspace.tenantId, workspaceId: workspace.id }),
        );
        return toServerBody({ ...workspace, defaultScript: bound?.scriptId ?? '' });
      },
    }),
    endpoint({
      method: 'put',
      path: '/api/admin/:tid/servers/:wid',
      operationId: 'updateAuthorizationServer',
      tag,
      summary: 'Change a workspace; members that are not given stay as they are',
      access: { kind: 'role', in: 'workspace', permission: 'update_workspace', of: find },
      query: forceQuery,
      body: serverChangeBody,
      success: one,
      async handle(call) {
        const { tenantId, body, query } = call;
        const id = placeOf(call);
        const { name, type = '' } = body;
        const defaultScript = defaultScriptIn(body);
        // Which script decides is for who manages scripts, by whichever call.
        if (defaultScript !== undefined && !call.permissions.inWorkspace(id).has('manage_scripts'))
          throw new PlatformError('forbidden', 'Binding a script takes the permission manage_scripts.');
        const check = (stored: ShownWorkspace): void => {
          matching(call)(stored);
          if (type !== '' && type !== stored.type) throw unprocessable('/type', 'A workspace keeps its type.');
        };
        const updated = await pointingFrom('/settings', () =>
          service.updateSettings({
            tenantId,
            id,
            settings: settingsIn(body),
            defaultScript,
            check,
            force: query.force === true,
            ...(name === undefined || name === '' ? {} : { name }),
          }),
        );
        changed(tenantId, id);
        return toServerBody(updated);
      },
    }),
    endpoint({
      method: 'delete',
      path: '/api/admin/:tid/servers/:wid',
      operationId: 'deleteAuthorizationServer',
      tag,
      summary: 'Delete a workspace',
      access: { kind: 'role', in: 'workspace', permission: 'delete_workspace', of: find },
      success: gone,
      async handle(call) {
        await service.remove(call.tenantId, placeOf(call), matching(call));
        changed(call.tenantId, placeOf(call));
      },
    }),
  ];
}

export function systemWorkspaceEndpoints({
  service,
  changed,
}: Pick<WorkspaceRoutesDeps, 'service' | 'changed'>): readonly Endpoint[] {
  return [
    endpoint({
      method: 'delete',
      path: '/api/system/:tid/servers/:wid',
      operationId: 'deleteAuthorizationServer',
      tag,
      summary: 'Delete a workspace',
      access: { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['manage_servers'] },
      success: gone,
      async handle(call) {
        await service.remove(call.tenantId, placeOf(call), matching(call));
        changed(call.tenantId, placeOf(call));
      },
    }),
  ];
}
