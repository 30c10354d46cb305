/** The System API's workspaces: removed by machines of their tenant. */
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { toServerBody } from './server.body.ts';
import type { WorkspaceService } from './workspace.service.ts';

export interface SystemWorkspaceRoutesDeps {
  readonly service: Pick<WorkspaceService, 'remove'>;
  /** Told which workspace is another one from now on. */
  readonly changed: (tenant: TenantId, workspace: WorkspaceId) => void;
}

export function systemWorkspaceEndpoints({ service, changed }: SystemWorkspaceRoutesDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: 'delete',
      path: '/api/system/:tid/servers/:wid',
      operationId: 'deleteAuthorizationServer',
      tag: 'servers',
      summary: 'Delete a workspace and all it holds',
      access: { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['manage_servers'] },
      success: { status: 204, description: 'it is gone' },
      async handle({ tenantId, params, ifMatch }) {
        const id = workspaceId(params['wid'] ?? '');
        await service.remove(tenantId, id, (stored) => {
          ifMatch(toServerBody(stored));
        });
        changed(tenantId, id);
      },
    }),
  ];
}
