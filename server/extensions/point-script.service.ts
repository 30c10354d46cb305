/** Scripts that decide in the middle of a request: which idps are offered, and what tokens say. Nobody waits long for one. */
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { ExecutionPoint, JsonObject } from '../../scripts-runtime/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { NewEvent, Outbox } from '../kernel/events.ts';
import { interactionId, newId, scriptRunId, type ClientId, type InteractionId, type ScriptId } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { Binding, BindingPoint, ExecutionPointStore } from './execution-point.ts';
import { keepPointRun, type PointRun, type PointRunKeeper, type PointRunStores } from './point-run.service.ts';
import { pointVerdict, type PointReader } from './point-verdict.ts';
import { runEndOf, type Ended } from './run-end.ts';
import type { ScriptDebugStore } from './script-debug.ts';
import { executionEvent, outputOf } from './script-event.ts';
import type { Executed, ScriptExecutions } from './script-execution.ts';
import type { ScriptRun, ScriptRunEnd } from './script-run.ts';
import { versionFor, type Script, type ScriptStore, type ScriptVersion } from './script.ts';

export interface PointScriptStores extends PointRunStores {
  readonly outbox: Outbox;
}

export interface PointScriptDeps {
  readonly executionPoints: Pick<ExecutionPointStore, 'find' | 'findAll'>;
  readonly scripts: Pick<ScriptStore, 'read' | 'findVersion'>;
  readonly scriptDebugs: Pick<ScriptDebugStore, 'find'>;
  readonly executions: ScriptExecutions;
  readonly runs: Pick<PointRunKeeper, 'offer' | 'wasKept'>;
  readonly unitOfWork: UnitOfWork<PointScriptStores>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

interface BoundAt {
  readonly workspace: Workspace;
  readonly point: Exclude<ExecutionPoint, 'post_authn_ctx'>;
  readonly target: string;
}

export interface PointAsked<T extends object> extends BoundAt {
  /** The same key has the same version, as long as the script's pointers stay. */
  readonly key: string;
  readonly input: (shape: ScriptVersion['compiled']['shape']) => JsonObject;
  readonly reader: Pick<PointReader<T>, 'read'>;
  readonly clientId: ClientId;
  /** The login that the request belongs to, where there is one. */
  readonly interactionId?: InteractionId;
  /** Whom the request is about, where somebody is known. */
  readonly subject?: string;
}

export type PointAnswer<T extends object> =
  /** Nothing is bound there, or it failed and said beforehand that it may. */
  | { readonly kind: 'none' }
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'denied' }
  /** Under the reference operations find it in the log, and its run where it was run. */
  | { readonly kind: 'failed'; readonly reference: string };

export interface PointScripts {
  /** Rejects for nothing that a script did. Whatever is not said by a script that ended well is refused by the caller. */
  decide<T extends object>(asked: PointAsked<T>): Promise<PointAnswer<T>>;
  /** Reads in one go what is bound at places that are asked for next. */
  foresee(workspace: Workspace, places: readonly BindingPoint[]): Promise<void>;
  /** What is bound: for who has to know without running it. */
  boundAt(asked: BoundAt): Promise<Script | ScriptId | undefined>;
}

/** What is bound where, is asked by every token: it is believed as long as what a workspace is. */
const believed = { max: 10_000, ttl: 1000 } as const;

/** A tenant whose scripts are many just now is waited for this often, and this long each time. */
const tries = 4;
const pauseMs = 250;

type Ran = Exclude<Executed, { kind: 'busy' }>;
type About = Omit<PointAsked<object>, 'reader'>;

export function createPointScripts(deps: PointScriptDeps): PointScripts {
  const { clock, runs } = deps;
  const bindings = new LRUCache<string, { readonly found: Binding | undefined }>(believed);

  const keyOf = ({ tenantId, id }: Workspace, { type, target }: BindingPoint): string =>
    JSON.stringify([tenantId, id, type, target]);

  async function foresee(workspace: Workspace, places: readonly BindingPoint[]): Promise<void> {
    const unknown = places.filter((place) => !bindings.has(keyOf(workspace, place)));
    if (unknown.length === 0) return;
    const all = await deps.executionPoints.findAll(workspace.tenantId, workspace.id, unknown);
    for (const place of unknown) {
      const found = all.find(({ type, target }) => type === place.type && target === place.target);
      bindings.set(keyOf(workspace, place), { found });
    }
  }

  async function boundAt({ workspace, point, target }: BoundAt) {
    const { tenantId, id: workspaceId } = workspace;
    const key = keyOf(workspace, { type: point, target });
    const known = bindings.get(key);
    const bound = known ?? { found: await deps.executionPoints.find({ tenantId, workspaceId, type: point, target }) };
    if (known === undefined) bindings.set(key, bound);
    const { found } = bound;
    if (found === undefined) return undefined;
    return (await deps.scripts.read({ tenantId, workspaceId, id: found.scriptId })) ?? found.scriptId;
  }

  async function execute({ workspace, point }: BoundAt, version: ScriptVersion, input: JsonObject): Promise<Executed> {
    for (let turn = 1; ; turn += 1) {
      const executed = await deps.executions.run({ version, point, workspace, input });
      if (executed.kind !== 'busy' || turn === tries) return executed;
      await delay(pauseMs);
    }
  }

  function failed({ workspace, point }: BoundAt, why: string, reference: string = newId()) {
    const { tenantId, id } = workspace;
    deps.log.warn({ tenant: tenantId, workspace: id, point, reference, why }, 'a script decided nothing');
    return { kind: 'failed', reference } as const;
  }

  return {
    foresee,
    boundAt,

    async decide(asked) {
      const script = await boundAt(asked);
      if (script === undefined) return { kind: 'none' };
      if (typeof script === 'string') return failed(asked, 'not there');
      const wanted = versionFor(script, asked.key);
      const version = wanted && (await deps.scripts.findVersion(script, wanted));
      if (version === undefined) return failed(asked, 'not published');
      const input = asked.input(version.compiled.shape);
      const executed = await execute(asked, version, input);
      if (executed.kind === 'busy') return failed(asked, 'busy');
      const ended = endedOf(executed);
      const verdict = pointVerdict(asked.reader, version.compiled, ended);
      const end = { ...runEndOf(verdict, ended, executed.shown), at: clock.now() };
      const made = { id: newId(), version, input, executed, end };
      await keep(asked, script, made);
      switch (verdict.outcome) {
        case 'passed':
          return { kind: 'ok', value: verdict.value };
        case 'denied':
          return { kind: 'denied' };
        case 'continued':
          return { kind: 'none' };
        case 'failed':
          return failed(asked, whyOf(ended), made.id);
      }
    },
  };

  /**
   * Requests are many. What did not pass is written before its request is answered, and a failure is told of; what passed is
   * told of only while somebody debugs its script, and otherwise one of many is written, once its request has been answered.
   */
  async function keep(asked: About, script: Script, made: Made): Promise<void> {
    const { outcome } = made.end;
    const isDebugged = (await deps.scriptDebugs.find(script, made.end.at)) !== undefined;
    if (outcome === 'passed' && !isDebugged) {
      runs.offer(script, asked.point, () => pointRunOf(asked, made));
      return;
    }
    const kept = pointRunOf(asked, made);
    await deps.unitOfWork.run(async (stores) => {
      await keepPointRun(stores, kept);
      if (isDebugged || outcome !== 'denied') await stores.outbox.append(eventOf(asked, script, made, isDebugged));
    });
    runs.wasKept(kept.run);
  }
}

interface Made {
  readonly id: string;
  readonly version: ScriptVersion;
  readonly input: JsonObject;
  readonly executed: Ran;
  readonly end: ScriptRunEnd;
}

/** Nothing waits within a request: the runtime suspends no script there. */
function endedOf(executed: Ran): Ended {
  if (executed.kind !== 'suspended') return executed;
  return { kind: 'error', fault: 'exception', message: `nothing waits for api.${executed.suspend} here`, stack: [] };
}

function whyOf(ended: Ended): string {
  if (ended.kind === 'error') return ended.fault;
  return ended.kind === 'ok' ? 'unusable' : ended.kind;
}

function pointRunOf({ workspace, point, clientId, ...asked }: About, made: Made): PointRun {
  const { version, input, executed, end } = made;
  const { tape, console, secrets, cpuMs, wallMs, longAnswers } = executed;
  const run: ScriptRun = {
    tenantId: workspace.tenantId,
    workspaceId: workspace.id,
    interactionId: asked.interactionId ?? interactionId(made.id),
    scriptId: version.id,
    // The page of a login may be asked for again: each time is a run of its own.
    subject: made.id,
    id: scriptRunId(made.id),
    clientId,
    version: version.version,
    ...{ point, input, tape, console, secrets, end, cpuMs, wallMs },
    slices: 1,
    startedAt: tape.at,
    expiresAt: end.at,
  };
  return { run, longAnswers };
}

function eventOf(
  { point, clientId, interactionId: login, subject }: About,
  script: Script,
  { id, version, input, executed, end }: Made,
  isDebugged: boolean,
): NewEvent {
  return executionEvent({
    script,
    version: version.version,
    point,
    outcome: end.outcome,
    reference: id,
    metadata: {
      client_id: clientId,
      ...(login === undefined ? {} : { session_id: login }),
      ...(subject === undefined ? {} : { subject }),
    },
    result: end.result,
    wallMs: executed.wallMs,
    at: end.at,
    told: isDebugged ? { input, output: outputOf(end.result), console: executed.console } : undefined,
  });
}
