/** Scripts that are being debugged, in the Admin API: for a while each of their runs is told with all that it saw. */
import { z } from 'zod';
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import type { Clock } from '../kernel/clock.ts';
import { formatDuration, parseDuration } from '../kernel/duration.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { debugBounds, type ScriptDebug, type ScriptDebugStore } from './script-debug.ts';
import {
  scriptAccess,
  scriptPlaceOf,
  scriptsPath,
  scriptsTag as tag,
  workspaceOf,
  type ScriptRoutesDeps,
} from './script.routes.ts';

export interface ScriptDebugStores {
  readonly scriptDebugs: ScriptDebugStore;
  readonly outbox: Outbox;
}

export interface ScriptDebugRoutesDeps extends Pick<ScriptRoutesDeps, 'workspaces'> {
  readonly scriptDebugs: Pick<ScriptDebugStore, 'find' | 'list'>;
  readonly unitOfWork: UnitOfWork<ScriptDebugStores>;
  readonly clock: Clock;
}

const path = `${scriptsPath}/:script/debug`;
const debugAnswer = z.object({
  tenant_id: z.string(),
  authorization_server_id: z.string(),
  script_id: z.string(),
  started_at: z.string(),
  duration: z.string(),
});
const one = { status: 200, description: 'for how long', body: debugAnswer } as const;
const debugQuery = z.object({
  duration: z
    .string()
    .max(32)
    .optional()
    .refine((text = '60s') => {
      const ms = parseDuration(text) ?? 0;
      return ms >= debugBounds.least && ms <= debugBounds.most;
    }, 'must be a duration from 1m to 1h, such as 60s')
    .describe('from 1m to 1h; 60s where it is left out'),
});

function toDebugBody({ tenantId, workspaceId, id, startedAt, expiresAt }: ScriptDebug): z.infer<typeof debugAnswer> {
  return {
    tenant_id: tenantId,
    authorization_server_id: workspaceId,
    script_id: id,
    started_at: new Date(startedAt).toISOString(),
    duration: formatDuration(expiresAt - startedAt),
  };
}

export function scriptDebugEndpoints(deps: ScriptDebugRoutesDeps): readonly Endpoint[] {
  const { scriptDebugs, unitOfWork, clock } = deps;
  const { mayManage } = scriptAccess(deps);

  /** What is seen meanwhile is about people: that somebody looked is an event of its own. */
  const tell = ({ outbox }: ScriptDebugStores, { tenantId, workspaceId, id }: ScriptDebug, what: string) =>
    outbox.append({
      tenantId,
      workspaceId,
      subject: 'server',
      action: 'updated',
      metadata: {},
      payload: { server_updated: { id: workspaceId, script: { id, what } } },
    });

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/script-debugs',
      operationId: 'listScriptDebugs',
      tag,
      summary: 'List the scripts that are being debugged',
      access: mayManage,
      success: {
        status: 200,
        description: 'which, and for how long',
        body: z.object({ script_debugs: z.array(debugAnswer) }),
      },
      async handle(call) {
        const found = await scriptDebugs.list(call.tenantId, workspaceOf(call), clock.now());
        return { script_debugs: found.map(toDebugBody) };
      },
    }),
    endpoint({
      method: 'delete',
      path,
      operationId: 'disableScriptDebug',
      tag,
      summary: 'Debug a script no more',
      access: mayManage,
      isAction: true,
      success: { status: 204, description: 'its runs are told without what they saw' },
      handle: (call) =>
        unitOfWork.run(async (stores) => {
          const found = await stores.scriptDebugs.find(scriptPlaceOf(call), clock.now());
          if (found === undefined) throw notDebugged();
          await stores.scriptDebugs.remove(found);
          await tell(stores, found, 'debugged no more');
        }),
    }),
    endpoint({
      method: 'get',
      path,
      operationId: 'getScriptDebug',
      tag,
      summary: 'For how long a script is being debugged',
      access: mayManage,
      success: one,
      async handle(call) {
        const found = await scriptDebugs.find(scriptPlaceOf(call), clock.now());
        if (found === undefined) throw notDebugged();
        return toDebugBody(found);
      },
    }),
    endpoint({
      method: 'put',
      path,
      operationId: 'enableScriptDebug',
      tag,
      summary: 'Have each run of a script told with its input, its output and what it said, for a while',
      access: mayManage,
      query: debugQuery,
      isAction: true,
      success: one,
      handle: (call) =>
        unitOfWork.run(async (stores) => {
          const startedAt = clock.now();
          const expiresAt = startedAt + (parseDuration(call.query.duration ?? '60s') ?? 0);
          const debug: ScriptDebug = { ...scriptPlaceOf(call), startedAt, expiresAt };
          await stores.scriptDebugs.put(debug);
          await tell(stores, debug, 'debugged');
          return toDebugBody(debug);
        }),
    }),
  ];
}

const notDebugged = (): PlatformError => new PlatformError('not_found', 'This script is not being debugged.');
