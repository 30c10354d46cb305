/** Trying a script out, in the Admin API. */
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import { formatDuration } from '../kernel/duration.ts';
import { newId } from '../kernel/ids.ts';
import { scriptBodyLimit, testScriptBody, scriptResult } from './script.body.ts';
import { scriptAccess, scriptsPath, scriptsTag as tag, workspaceOf, type ScriptRoutesDeps } from './script.routes.ts';
import type { ScriptTestService } from './script-test.service.ts';

export interface ScriptTestRoutesDeps extends Pick<ScriptRoutesDeps, 'workspaces'> {
  readonly service: ScriptTestService;
}

export function scriptTestEndpoints(deps: ScriptTestRoutesDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: `${scriptsPath}/test`,
      operationId: 'testScript',
      tag,
      summary: 'Run a source with an input, and keep nothing of it',
      access: scriptAccess(deps).mayManage,
      body: testScriptBody,
      bodyLimit: scriptBodyLimit,
      isAction: true,
      success: { status: 200, description: 'what came of it', body: scriptResult },
      async handle(call) {
        const { body: source, input = {} } = call.body;
        const result = await deps.service.test(call.tenantId, workspaceOf(call), { source, input });
        return {
          id: newId(),
          input,
          output: result.output,
          stdout: result.stdout,
          stderr: result.stderr,
          caught_err: result.caughtError,
          duration: formatDuration(result.durationMs),
        };
      },
    }),
  ];
}
