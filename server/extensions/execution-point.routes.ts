/** Where scripts of a workspace run, in the Admin API. */
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import { executionPointsAnswer, executionPointsBody, toExecutionPointsBody } from './execution-point.body.ts';
import type { ExecutionPointService } from './execution-point.service.ts';
import type { ExecutionPointStore } from './execution-point.ts';
import { scriptAccess, scriptsTag as tag, workspaceOf, type ScriptRoutesDeps } from './script.routes.ts';

export interface ExecutionPointRoutesDeps extends Pick<ScriptRoutesDeps, 'workspaces'> {
  readonly executionPoints: Pick<ExecutionPointStore, 'list'>;
  readonly service: ExecutionPointService;
}

const path = '/api/admin/:tid/servers/:wid/script-execution-points';
const all = { status: 200, description: 'where scripts run', body: executionPointsAnswer } as const;

export function executionPointEndpoints(deps: ExecutionPointRoutesDeps): readonly Endpoint[] {
  const { executionPoints, service } = deps;
  const { mayRead, mayManage } = scriptAccess(deps);

  return [
    endpoint({
      method: 'get',
      path,
      operationId: 'listScriptExecutionPoints',
      tag,
      summary: 'List where scripts of a workspace run',
      access: mayRead,
      success: all,
      handle: async (call) => toExecutionPointsBody(await executionPoints.list(call.tenantId, workspaceOf(call))),
    }),
    endpoint({
      method: 'put',
      path,
      operationId: 'setScriptExecutionPoints',
      tag,
      summary: 'Bind scripts to where they run; those that are not named stay',
      access: mayManage,
      body: executionPointsBody,
      success: all,
      async handle(call) {
        const wanted = call.body.execution_points.map(({ type, target_fk: target, script_id: script = '' }) => ({
          type,
          target,
          scriptId: script,
        }));
        const bound = await service.bind(call.tenantId, workspaceOf(call), wanted, (stored) => {
          call.ifMatch(toExecutionPointsBody(stored));
        });
        return toExecutionPointsBody(bound);
      },
    }),
  ];
}
