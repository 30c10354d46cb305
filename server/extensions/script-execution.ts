/** Runs the version of a script where it is bound: with the secrets and the hosts that it may have, and nothing else. */
import type {
  Effect,
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
import { withoutSecrets } from '../../scripts-runtime/index.ts';
import { secretId } from '../kernel/ids.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { createKeepingHost, type KeepingHostParts } from './script-host.ts';
import type { ScriptVersion } from './script.ts';
import type { ScriptRun } from './script-run.ts';
import type { SecretStore } from './secret.ts';

export interface ScriptExecutionDeps extends KeepingHostParts {
  readonly run: (request: RunRequest) => Promise<RunResult>;
  readonly secrets: Pick<SecretStore, 'open'>;
}

export interface ScriptExecution {
  readonly version: ScriptVersion;
  readonly point: ExecutionPoint;
  readonly workspace: { readonly settings: Pick<Workspace['settings'], 'script_allowed_hosts'> };
  readonly input: JsonObject;
  /** Where it is one of a login, whose tape is kept. */
  readonly kept?: Pick<ScriptRun, 'id' | 'tape'>;
  /** Below the defaults, where somebody waits for the answer. */
  readonly limits?: Partial<Limits>;
  /** What its last host call is answered, which its tape waits for. */
  readonly answer?: JsonValue;
}

/** What a run left, whatever became of it. */
interface Left extends Pick<RunRecord, 'console' | 'cpuMs' | 'wallMs'> {
  /** Undefined where it did not begin. */
  readonly tape: Tape | undefined;
  /** What the script returned, with its secrets struck out; nothing unless it ended well. */
  readonly shown: Pick<Extract<RunOutcome, { kind: 'ok' }>, 'output' | 'effects'>;
}

/** `busy` when nothing was run: asked again later it may be. */
export type Executed = Extract<RunResult, { kind: 'busy' }> | (RunOutcome & Left);

export interface ScriptExecutions {
  /** Rejects for nothing that a script did. */
  run(execution: ScriptExecution): Promise<Executed>;
}

export function createScriptExecutions(deps: ScriptExecutionDeps): ScriptExecutions {
  return {
    async run({ version, point, workspace, input, kept, limits, answer }) {
      const { tenantId, workspaceId, id: scriptId, compiled } = version;
      const { shape, manifest } = compiled;
      const host: ScriptHost = createKeepingHost(deps, { tenantId, workspaceId, scriptId }, kept?.id);
      // A typed script knows what it names; a classic one all of its workspace.
      const named = shape === 'typed' ? manifest.secrets.map(secretId) : undefined;
      const opened = await deps.secrets.open(tenantId, workspaceId, named);
      const missing = named?.find((id) => !opened.has(id));
      if (missing !== undefined) return lacking(missing, kept?.tape);
      const secrets = Object.fromEntries(opened);
      const result = await deps.run({
        tenant: tenantId,
        // A classic script is a function of whatever context its point gives.
        script: { ...compiled, point },
        input,
        secrets,
        net: workspace.settings.script_allowed_hosts,
        host,
        ...(limits === undefined ? {} : { limits }),
        ...(kept === undefined ? {} : { tape: kept.tape }),
        ...(answer === undefined ? {} : { answer }),
      });
      if (result.kind === 'busy') return result;
      const hide = <T>(value: T): T => withoutSecrets(value, secrets, result.tape.mark);
      const { output, effects } = result.kind === 'ok' ? result : nothing;
      const shown = { output: hide(output), effects: hide(effects) };
      if (result.kind !== 'denied') return { ...result, shown };
      // Why it denied is for who looks into the run, and for no login to use.
      return { ...result, reason: hide(result.reason), details: hide(result.details), shown };
    },
  };
}

const nothing: { readonly output: JsonValue; readonly effects: readonly Effect[] } = { output: null, effects: [] };

/** @param tape of its login, which stays as it is */
function lacking(name: string, tape: Tape | undefined): Executed {
  const message = `the workspace has no secret ${name}`;
  return {
    kind: 'error',
    fault: 'exception',
    message,
    stack: [],
    tape,
    console: [],
    cpuMs: 0,
    wallMs: 0,
    shown: nothing,
  };
}
