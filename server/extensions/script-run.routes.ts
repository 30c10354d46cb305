/** Runs of scripts, in the Admin API: listed, looked into by who may change scripts, and run again without doing anything. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { listQuery, pageOf } from '../http/list-query.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { interactionId, scriptRunId, type ScriptRunId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { ScriptReplayService } from './script-replay.service.ts';
import { replayAnswer, runsAnswer, runWithRecord, toRecordBody, toReplayBody, toRunBody } from './script-run.body.ts';
import type { ScriptRun, ScriptRunStore } from './script-run.ts';
import {
  scriptAccess,
  scriptPlaceOf,
  scriptsPath,
  scriptsTag as tag,
  workspaceOf,
  type ScriptRoutesDeps,
} from './script.routes.ts';

export interface ScriptRunStores {
  readonly scriptRuns: Pick<ScriptRunStore, 'read'>;
  readonly outbox: Outbox;
}

export interface ScriptRunRoutesDeps extends Pick<ScriptRoutesDeps, 'workspaces'> {
  readonly scripts: Pick<ScriptRoutesDeps['scripts'], 'find'>;
  readonly scriptRuns: Pick<ScriptRunStore, 'list' | 'listInLogin'>;
  readonly replays: ScriptReplayService;
  readonly unitOfWork: UnitOfWork<ScriptRunStores>;
}

const path = `${scriptsPath}/:script/runs`;
const runOf = ({ params }: Pick<Call, 'params'>): ScriptRunId => scriptRunId(params['run'] ?? '');

export function scriptRunEndpoints(deps: ScriptRunRoutesDeps): readonly Endpoint[] {
  const { scripts, scriptRuns, replays, unitOfWork } = deps;
  const { mayRead, mayManage } = scriptAccess(deps);

  /** What it holds is about a person: that somebody looked is an event of its own. */
  const tell = ({ outbox }: ScriptRunStores, run: ScriptRun) =>
    outbox.append({
      tenantId: run.tenantId,
      workspaceId: run.workspaceId,
      subject: 'script',
      action: 'run_read',
      metadata: { session_id: run.interactionId },
      payload: { script_run_read: { script_id: run.scriptId, run_id: run.id } },
    });

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/script-runs',
      operationId: 'listScriptRunsOfLogin',
      tag,
      summary: 'List the runs of scripts in a login, oldest first',
      access: mayRead,
      query: z.object({ login_id: z.string().min(1).max(64).describe('the login') }),
      success: { status: 200, description: 'its runs, without what was said in them', body: runsAnswer },
      async handle(call) {
        const login = interactionId(call.query.login_id);
        return { runs: (await scriptRuns.listInLogin(call.tenantId, workspaceOf(call), login)).map(toRunBody) };
      },
    }),
    endpoint({
      method: 'get',
      path,
      operationId: 'listScriptRuns',
      tag,
      summary: 'List the runs of a script, in the order in which they began',
      access: mayRead,
      query: listQuery('run', 'started_at').omit({ search_phrase: true }),
      refuses: ['unprocessable_entity'],
      success: { status: 200, description: 'its runs, without what was said in them', body: runsAnswer },
      async handle(call) {
        const place = scriptPlaceOf(call);
        if ((await scripts.find(place)) === undefined) throw new PlatformError('not_found', 'There is no such script.');
        return { runs: (await scriptRuns.list(place, pageOf('run', call.query))).items.map(toRunBody) };
      },
    }),
    endpoint({
      method: 'get',
      path: `${path}/:run`,
      operationId: 'getScriptRun',
      tag,
      summary: 'Get a run with what the script was given, what it said and what it came to; secrets are struck out',
      access: mayManage,
      success: { status: 200, description: 'the run', body: runWithRecord },
      handle: (call) =>
        unitOfWork.run(async (stores) => {
          const run = await stores.scriptRuns.read(scriptPlaceOf(call), runOf(call));
          if (run === undefined) throw new PlatformError('not_found', 'There is no such run.');
          await tell(stores, run);
          return toRecordBody(run);
        }),
    }),
    endpoint({
      method: 'post',
      path: `${path}/:run/replay`,
      operationId: 'replayScriptRun',
      tag,
      summary: 'Run it again by the version it had, from its tape alone, and compare every byte',
      access: mayManage,
      isAction: true,
      refuses: ['conflict'],
      success: { status: 200, description: 'whether the same came out', body: replayAnswer },
      handle: async (call) => toReplayBody(await replays.replay(scriptPlaceOf(call), runOf(call))),
    }),
  ];
}
