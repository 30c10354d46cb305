/** Scripts that decide in the middle of a request: which idps are offered, and what tokens say. Nobody waits long for one. */
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Effect, ExecutionPoint, JsonObject, JsonValue, RunOutcome } from '../../scripts-runtime/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { EventMetadata, Outbox } from '../kernel/events.ts';
import { newId, type ScriptId } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { Binding, ExecutionPointStore } from './execution-point.ts';
import type { ScriptDebugStore } from './script-debug.ts';
import { executionEvent, outputOf } from './script-event.ts';
import type { Executed, ScriptExecutions } from './script-execution.ts';
import { versionFor, type Script, type ScriptStore, type ScriptVersion } from './script.ts';

export interface PointScriptStores {
  readonly outbox: Outbox;
}

export interface PointScriptDeps {
  readonly executionPoints: Pick<ExecutionPointStore, 'find'>;
  readonly scripts: Pick<ScriptStore, 'read' | 'findVersion'>;
  readonly scriptDebugs: Pick<ScriptDebugStore, 'find'>;
  readonly executions: ScriptExecutions;
  readonly unitOfWork: UnitOfWork<PointScriptStores>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

export interface PointAsked {
  readonly workspace: Workspace;
  readonly point: Exclude<ExecutionPoint, 'post_authn_ctx'>;
  readonly target: string;
  /** The same key has the same version, as long as the script's pointers stay. */
  readonly key: string;
  readonly input: (shape: ScriptVersion['compiled']['shape']) => JsonObject;
  readonly metadata: EventMetadata;
}

export type PointAnswer =
  /** Nothing is bound there, or it failed and said beforehand that it may. */
  | { readonly kind: 'none' }
  | { readonly kind: 'ok'; readonly output: JsonValue; readonly effects: readonly Effect[] }
  | { readonly kind: 'denied' }
  /** Under the reference operations find it in the log and among the events. */
  | { readonly kind: 'failed'; readonly reference: string };

export interface PointScripts {
  /** Rejects for nothing that a script did. Whatever is not said by a script that ended well is refused by the caller. */
  decide(asked: PointAsked): Promise<PointAnswer>;
  /** What is bound: for who has to know without running it. */
  boundAt(asked: Pick<PointAsked, 'workspace' | 'point' | 'target'>): Promise<Script | ScriptId | undefined>;
}

/** What is bound where, is asked by every token: it is believed as long as what a workspace is. */
const believed = { max: 10_000, ttl: 1000 } as const;

/** A request waits for it, and anybody may make one: of a page that offers idps nobody is known yet. */
const limits = { wallMs: 3000, fetches: 3 } as const;

/** A tenant whose scripts are many just now is waited for this often, and this long each time. */
const tries = 4;
const pauseMs = 250;

export function createPointScripts(deps: PointScriptDeps): PointScripts {
  const { clock } = deps;
  const bindings = new LRUCache<string, { readonly found: Binding | undefined }>(believed);

  async function boundAt({ workspace, point, target }: Pick<PointAsked, 'workspace' | 'point' | 'target'>) {
    const { tenantId, id: workspaceId } = workspace;
    const key = JSON.stringify([tenantId, workspaceId, point, target]);
    const known = bindings.get(key);
    const bound = known ?? { found: await deps.executionPoints.find({ tenantId, workspaceId, type: point, target }) };
    if (known === undefined) bindings.set(key, bound);
    const { found } = bound;
    if (found === undefined) return undefined;
    return (await deps.scripts.read({ tenantId, workspaceId, id: found.scriptId })) ?? found.scriptId;
  }

  async function execute(asked: PointAsked, version: ScriptVersion): Promise<Executed> {
    const input = asked.input(version.compiled.shape);
    const { workspace, point } = asked;
    for (let turn = 1; ; turn += 1) {
      const executed = await deps.executions.run({ version, point, workspace, input, limits });
      if (executed.kind !== 'busy' || turn === tries) return executed;
      await delay(pauseMs);
    }
  }

  function failed(asked: PointAsked, why: string): PointAnswer {
    const reference = newId();
    const { tenantId, id } = asked.workspace;
    deps.log.warn({ tenant: tenantId, workspace: id, point: asked.point, reference, why }, 'a script decided nothing');
    return { kind: 'failed', reference };
  }

  return {
    boundAt,

    async decide(asked) {
      const script = await boundAt(asked);
      if (script === undefined) return { kind: 'none' };
      if (typeof script === 'string') return failed(asked, 'not there');
      const wanted = versionFor(script, asked.key);
      const version = wanted && (await deps.scripts.findVersion(script, wanted));
      if (version === undefined) return failed(asked, 'not published');
      const executed = await execute(asked, version);
      if (executed.kind === 'busy') return failed(asked, 'busy');
      const isFailure = executed.kind === 'error' || executed.kind === 'host_crash' || executed.kind === 'suspended';
      const mayFail = version.compiled.manifest.onError === 'continue';
      const answer: PointAnswer = !isFailure
        ? executed.kind === 'ok'
          ? { kind: 'ok', output: executed.output, effects: executed.effects }
          : { kind: 'denied' }
        : mayFail
          ? { kind: 'none' }
          : failed(asked, executed.kind === 'error' ? executed.fault : executed.kind);
      await tell(asked, script, version, executed, answer);
      return answer;
    },
  };

  /** Requests are many: a run that went well is told of only while somebody debugs its script. */
  async function tell(
    { point, input, metadata }: PointAsked,
    script: Script,
    version: ScriptVersion,
    executed: Exclude<Executed, { kind: 'busy' }>,
    answer: PointAnswer,
  ): Promise<void> {
    const now = clock.now();
    const isDebugged = (await deps.scriptDebugs.find(script, now)) !== undefined;
    const isWell = executed.kind === 'ok' || executed.kind === 'denied';
    if (isWell && !isDebugged) return;
    const result: RunOutcome = executed.kind === 'ok' ? { kind: 'ok', ...executed.shown } : executed;
    await deps.unitOfWork.run(({ outbox }) =>
      outbox.append(
        executionEvent({
          script,
          version: version.version,
          point,
          outcome: answer.kind === 'ok' ? 'passed' : answer.kind === 'none' ? 'continued' : answer.kind,
          ...(answer.kind === 'failed' ? { reference: answer.reference } : {}),
          metadata,
          result,
          wallMs: executed.wallMs,
          at: now,
          told: isDebugged
            ? { input: input(version.compiled.shape), output: outputOf(result), console: executed.console }
            : undefined,
        }),
      ),
    );
  }
}
