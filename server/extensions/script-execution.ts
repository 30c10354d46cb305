/** Runs the version of a script where it is bound: with the secrets and the hosts that it may have, and nothing else. */
import { randomBytes } from 'node:crypto';
import type {
  ExecutionPoint,
  JsonObject,
  JsonValue,
  Limits,
  RunOutcome,
  RunRecord,
  RunRequest,
  RunResult,
  ScriptHost,
  Tape,
} from '../../scripts-runtime/index.ts';
import { beginTape, durablePoints, nothingRefused, withoutSecrets } from '../../scripts-runtime/index.ts';
import { secretId } from '../kernel/ids.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import {
  createKeepingHost,
  createKeptSpill,
  createPassingSpill,
  type KeepingHostParts,
  type LongAnswers,
} from './script-host.ts';
import { nothingLeft, type Shown } from './run-end.ts';
import type { ScriptVersion } from './script.ts';
import type { ScriptAnswerStore, ScriptRun } from './script-run.ts';
import { secretPrints, type SecretPrint } from './secret-print.ts';
import type { SecretStore } from './secret.ts';

export interface ScriptExecutionDeps extends KeepingHostParts {
  readonly run: (request: RunRequest) => Promise<RunResult>;
  readonly secrets: Pick<SecretStore, 'open'>;
  readonly answers: ScriptAnswerStore;
}

export interface ScriptExecution {
  readonly version: ScriptVersion;
  readonly point: ExecutionPoint;
  readonly workspace: { readonly settings: Pick<Workspace['settings'], 'script_allowed_hosts'> };
  readonly input: JsonObject;
  /** Where its row is there before it runs. */
  readonly kept?: Pick<ScriptRun, 'id' | 'tape'>;
  /** What its last host call is answered, which its tape waits for. */
  readonly answer?: JsonValue;
}

/** A request waits for it, and anybody may make one: of a page that offers idps nobody is known yet. */
const withinRequest: Partial<Limits> = { wallMs: 3000, fetches: 3 };

/** What a run left, whatever became of it. */
interface Left extends Pick<RunRecord, 'tape' | 'console' | 'refused' | 'cpuMs' | 'wallMs'> {
  /** Of its tape, where its row was not there to keep them. */
  readonly longAnswers: LongAnswers;
  readonly secrets: readonly SecretPrint[];
  /** What the script returned, with its secrets struck out; nothing unless it ended well. */
  readonly shown: Shown;
}

/** `busy` when nothing was run: asked again later it may be. */
export type Executed = Extract<RunResult, { kind: 'busy' }> | (RunOutcome & Left);

export interface ScriptExecutions {
  /** Rejects for nothing that a script did. */
  run(execution: ScriptExecution): Promise<Executed>;
}

export function createScriptExecutions(deps: ScriptExecutionDeps): ScriptExecutions {
  return {
    async run({ version, point, workspace, input, kept, answer }) {
      const { tenantId, workspaceId, id: scriptId, compiled } = version;
      const { shape, manifest } = compiled;
      const owner = { tenantId, workspaceId, scriptId };
      const passing = createPassingSpill();
      const spill = kept === undefined ? passing : createKeptSpill(deps.answers, owner, kept.id);
      const host: ScriptHost = createKeepingHost(deps, owner, spill);
      const tape = kept?.tape ?? beginTape({ script: compiled.sha256, input, at: host.now() }, randomBytes);
      // A typed script knows what it names; a classic one all of its workspace.
      const named = shape === 'typed' ? manifest.secrets.map(secretId) : undefined;
      const opened = await deps.secrets.open(tenantId, workspaceId, named);
      const missing = named?.find((id) => !opened.has(id));
      const prints = secretPrints(tape, opened);
      if (missing !== undefined) return lacking(missing, tape, prints);
      const secrets = Object.fromEntries(opened);
      const result = await deps.run({
        tenant: tenantId,
        // A classic script is a function of whatever context its point gives.
        script: { ...compiled, point },
        input,
        secrets,
        net: workspace.settings.script_allowed_hosts,
        host,
        tape,
        ...(durablePoints.includes(point) ? {} : { limits: withinRequest }),
        ...(answer === undefined ? {} : { answer }),
      });
      if (result.kind === 'busy') return result;
      const hide = <T>(value: T): T => withoutSecrets(value, secrets, result.tape.mark);
      const { output, effects } = result.kind === 'ok' ? result : nothingLeft.shown;
      const left = {
        longAnswers: passing.answers,
        secrets: prints,
        shown: { output: hide(output), effects: hide(effects), refused: hide(result.refused.scopes) },
      };
      if (result.kind !== 'denied') return { ...result, ...left };
      // Why it denied is for who looks into the run, and for no login to use.
      return { ...result, reason: hide(result.reason), details: hide(result.details), ...left };
    },
  };
}

/** @param tape stays as it is */
function lacking(name: string, tape: Tape, secrets: readonly SecretPrint[]): Executed {
  const message = `the workspace has no secret ${name}`;
  return {
    kind: 'error',
    fault: 'exception',
    message,
    stack: [],
    tape,
    console: [],
    refused: nothingRefused,
    cpuMs: 0,
    wallMs: 0,
    longAnswers: new Map(),
    secrets,
    shown: nothingLeft.shown,
  };
}
