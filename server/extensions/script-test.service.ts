/** Trying a script out before anything depends on it: in the runtime that logins use, with nothing kept of it but that it was. */
import type { JsonObject, RunRequest, RunResult, Script, ScriptHost } from '../../scripts-runtime/index.ts';
import { withoutSecrets } from '../../scripts-runtime/index.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { secretId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { ScriptCompiler } from './script-compiler.ts';
import type { Outbox } from '../kernel/events.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { SecretStore } from './secret.ts';
import { createTurns } from './turns.ts';

export interface ScriptTestDeps {
  readonly compiler: ScriptCompiler;
  readonly run: (request: RunRequest) => Promise<RunResult>;
  readonly secrets: Pick<SecretStore, 'open'>;
  /** A host of which nothing outlives the run. */
  readonly passingHost: () => ScriptHost;
  readonly unitOfWork: UnitOfWork<{ readonly outbox: Outbox }>;
  /** How often a tenant may try. @returns seconds to wait, 0 when it may pass */
  readonly take: (tenant: TenantId) => number;
}

export interface ScriptTest {
  readonly source: string;
  readonly input: JsonObject;
}

export interface ScriptTestResult {
  readonly output: JsonObject;
  /** What it said by `console`, by where it goes. */
  readonly stdout: string;
  readonly stderr: string;
  /** Why it failed, with the place in its source; empty where it did not. */
  readonly caughtError: string;
  readonly durationMs: number;
}

export interface ScriptTestService {
  /**
   * @throws PlatformError `unprocessable_entity` for what does not compile, `too_many_requests`, `unavailable`
   */
  test(tenant: TenantId, workspace: WorkspaceId, wanted: ScriptTest): Promise<ScriptTestResult>;
}

export function createScriptTestService(deps: ScriptTestDeps): ScriptTestService {
  const message = 'Too many scripts are being tried out. Wait before you try again.';
  const turns = createTurns({ atOnce: 2, take: deps.take, message });

  /** Before it runs: it has the secrets of its workspace, and may send them to wherever that one's scripts may. */
  const tell = (tenantId: TenantId, workspaceId: WorkspaceId, { sha256, shape, point }: Script) =>
    deps.unitOfWork.run(({ outbox }) =>
      outbox.append({
        tenantId,
        workspaceId,
        subject: 'script',
        action: 'tested',
        metadata: {},
        // As a version of it is called, where one was kept: neither the source nor what it is given.
        payload: { script_tested: { version: sha256, shape, execution_point: point } },
      }),
    );

  return {
    async test(tenant, workspace, { source, input }) {
      const leave = turns.take(tenant);
      try {
        const { compiled: script } = await deps.compiler.read(tenant, source, '/body');
        const secrets = await secretsOf(deps.secrets, { tenant, workspace, script });
        await tell(tenant, workspace, script);
        const result = await deps.run({ tenant, script, input, secrets, host: deps.passingHost() });
        return resultOf(result, secrets);
      } finally {
        leave();
      }
    },
  };
}

/** A typed script knows what it names, and does not run without one of these; a classic one knows all of its workspace. */
async function secretsOf(
  { open }: Pick<SecretStore, 'open'>,
  at: { readonly tenant: TenantId; readonly workspace: WorkspaceId; readonly script: Script },
): Promise<Readonly<Record<string, string>>> {
  const { shape, manifest } = at.script;
  const named = shape === 'typed' ? manifest.secrets.map(secretId) : undefined;
  const values = await open(at.tenant, at.workspace, named);
  const missing = named?.find((id) => !values.has(id));
  if (missing !== undefined) throw unprocessable('/body', `The workspace has no secret ${missing}.`);
  return Object.fromEntries(values);
}

/** Secrets are written and never read, here as elsewhere: a script that returns one shows its name. */
function resultOf(result: RunResult, secrets: Readonly<Record<string, string>>): ScriptTestResult {
  if (result.kind === 'busy' || result.kind === 'host_crash')
    throw new PlatformError('unavailable', 'Scripts cannot run just now: try again in a moment.', {
      cause: result.message,
      retryAfterSeconds: 5,
    });
  const said = (wanted: boolean): string =>
    result.console
      .filter(({ level }) => (level === 'warn' || level === 'error') === wanted)
      .map(({ text }) => `${text}\n`)
      .join('');
  const answer = withoutSecrets(answerOf(result), secrets, result.tape.mark);
  return { ...answer, stdout: said(false), stderr: said(true), durationMs: Math.round(result.wallMs) };
}

type Ran = Exclude<RunResult, { readonly kind: 'busy' | 'host_crash' }>;

function answerOf(result: Ran): Pick<ScriptTestResult, 'output' | 'caughtError'> {
  switch (result.kind) {
    case 'ok': {
      const { output, effects } = result;
      // A classic script answers an object; what a typed one wants changed is its effects.
      const isObject = typeof output === 'object' && output !== null && !(output instanceof Array);
      return { output: isObject ? { ...output } : { effects: effects.map((one) => ({ ...one })) }, caughtError: '' };
    }
    case 'denied':
      return { output: { denied: result.reason, details: result.details }, caughtError: '' };
    case 'suspended':
      return { output: { suspended: result.suspend, request: result.request }, caughtError: '' };
    case 'error': {
      const at = result.stack.map(
        ({ name, line, column }) => `\n    at ${name} (script:${String(line)}:${String(column)})`,
      );
      return { output: {}, caughtError: `${result.fault}: ${result.message}${at.join('')}` };
    }
  }
}
