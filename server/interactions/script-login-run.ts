/** A login's run of a script: begun with the version that the login keeps, and written on after each slice. */
import { randomBytes } from 'node:crypto';
import { beginTape, suspensionOf, type JsonObject } from '../../scripts-runtime/index.ts';
import { requestApproval, type ApprovalRequestStores } from '../approvals/approval-request.ts';
import type { Left } from '../extensions/run-end.ts';
import type { Executed } from '../extensions/script-execution.ts';
import type { ScriptRun, ScriptWait } from '../extensions/script-run.ts';
import { versionFor, type ScriptVersion } from '../extensions/script.ts';
import { unitedPrints } from '../extensions/secret-print.ts';
import { customAppId, newId, scriptRunId, type ScriptId } from '../kernel/ids.ts';
import { handoffDeadline } from './handoff.ts';
import type { ProvenPerson } from './interaction.ts';
import type { LoginCase } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { provenSoFar } from './proven-so-far.ts';
import { scriptInput } from './script-input.ts';
import type { ScriptMetadataStores, WriteScriptMetadata } from './script-metadata.ts';
import { endOf, type RunEnd, type ScriptAdds } from './script-verdict.ts';

type Stores = Pick<LoginStores, 'scripts' | 'scriptRuns' | 'proofs' | 'customApps' | 'loginHistory'> &
  ApprovalRequestStores &
  ScriptMetadataStores;

/**
 * The run of this person in this login, begun where it was not. Its tape is kept before anything is run: tried again
 * after a crash, the script draws the same chance, so that requests that it names by it have the same names.
 * @returns undefined where nothing of the script runs any more
 */
export async function beginRun(
  stores: Stores,
  login: LoginCase,
  { person, script, now }: { readonly person: ProvenPerson; readonly script: ScriptId; readonly now: number },
): Promise<{ readonly run: ScriptRun; readonly version: ScriptVersion } | undefined> {
  const { tenantId, workspaceId, id: interactionId, clientId, expiresAt } = login.interaction;
  const of = { tenantId, workspaceId, id: script };
  const place = { tenantId, workspaceId, interactionId, scriptId: script, subject: person.subject };
  const found = await stores.scriptRuns.find(place);
  if (found !== undefined) {
    const kept = await stores.scripts.findVersion(of, found.version);
    return kept && { run: found, version: kept };
  }
  const known = await stores.scripts.read(of);
  // Whoever was turned away by one version does not try again until they meet the other one.
  const wanted = known && versionFor(known, `${clientId} ${person.subject}`);
  const version = wanted && (await stores.scripts.findVersion(of, wanted));
  const proven = provenSoFar(await stores.proofs.listOf(tenantId, workspaceId, interactionId));
  if (version === undefined || proven?.person.subject !== person.subject) return undefined;
  const about = { tenantId, workspaceId, subject: person.subject, userId: person.userId };
  const input = await scriptInput(version, login, person, {
    ...proven,
    history: () => stores.loginHistory.find(about, now),
  });
  const run = await stores.scriptRuns.insertOnce({
    ...place,
    id: scriptRunId(newId()),
    clientId,
    version: version.version,
    point: 'post_authn_ctx',
    input,
    tape: beginTape({ script: version.compiled.sha256, input, at: now }, randomBytes),
    console: [],
    secrets: [],
    slices: 0,
    cpuMs: 0,
    wallMs: 0,
    startedAt: now,
    expiresAt,
  });
  return { run, version };
}

/**
 * What a slice leaves of its run, and what the login takes over where it goes on. What it says of the person's
 * metadata is written here: the same transaction keeps the run, or nothing of it holds.
 */
export async function afterSlice(
  stores: Stores,
  login: LoginCase,
  { run, version }: { readonly run: ScriptRun; readonly version: ScriptVersion },
  executed: Exclude<Executed, { kind: 'busy' }>,
  { now, writeMetadata }: { readonly now: number; readonly writeMetadata: WriteScriptMetadata },
): Promise<{ readonly kept: ScriptRun; readonly adds?: ScriptAdds }> {
  const { waits: _before, ...rest } = run;
  const after: ScriptRun = {
    ...rest,
    tape: executed.tape,
    // A script that goes on says again what it said before.
    console: executed.console,
    secrets: unitedPrints(run.secrets, executed.secrets),
    slices: run.slices + 1,
    cpuMs: run.cpuMs + executed.cpuMs,
    wallMs: run.wallMs + executed.wallMs,
  };
  const waits = await waitAfter(stores, login, run, executed, now);
  if (waits !== undefined && typeof waits !== 'string') return { kept: { ...after, waits } };
  const ended =
    executed.kind === 'suspended'
      ? failedWith(version, waits ?? '', executed)
      : endOf(version.compiled, executed, executed);
  const metadata = ended.adds?.metadata;
  const unfit = metadata && (await writeMetadata(stores, login.interaction, metadata, now));
  const { adds: given, ...end } = unfit === undefined ? ended : failedWith(version, unfit, executed);
  const kept = { ...after, end: { ...end, at: now } };
  if (given === undefined) return { kept };
  const { metadata: _written, ...adds } = given;
  return { kept, adds };
}

/** The end of a run whose script waits for what can never come, or wants what cannot be. */
const failedWith = ({ compiled }: ScriptVersion, message: string, left: Left): RunEnd =>
  endOf(compiled, { kind: 'error', fault: 'exception', message, stack: [] }, left);

/** @returns what the run waits for; a text where nothing could ever come; undefined where it has ended */
async function waitAfter(
  stores: Stores,
  login: LoginCase,
  run: ScriptRun,
  executed: Exclude<Executed, { kind: 'busy' }>,
  now: number,
): Promise<ScriptWait | string | undefined> {
  if (executed.kind !== 'suspended') return undefined;
  const { suspend, request, tape } = executed;
  if (suspend === 'sleep') return { kind: 'sleep', until: now + Number(request['ms']) };
  const call = suspensionOf(tape)?.n;
  if (call === undefined) return `the tape does not say where api.${suspend} waits`;
  if (suspend === 'approval') return askApproval(stores, login, run, { call, request, now });
  const { tenantId, workspaceId } = run;
  const app = typeof request['app'] === 'string' ? request['app'] : '';
  if ((await stores.customApps.find(tenantId, workspaceId, customAppId(app))) === undefined)
    return `the workspace has no custom application ${app}`;
  const { data = {}, timeoutMs } = request;
  return {
    kind: 'redirect',
    call,
    app,
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- an object by the schema of the call
    data: data as Extract<ScriptWait, { kind: 'redirect' }>['data'],
    ...(typeof timeoutMs === 'number' ? { timeoutMs } : {}),
  };
}

async function askApproval(
  stores: Stores,
  { interaction }: LoginCase,
  { id: runId, subject }: ScriptRun,
  { call, request, now }: { readonly call: number; readonly request: JsonObject; readonly now: number },
): Promise<ScriptWait | string> {
  const { tenantId, workspaceId, id: interactionId, clientId } = interaction;
  const proven = provenSoFar(await stores.proofs.listOf(tenantId, workspaceId, interactionId));
  if (proven?.person.subject !== subject) return 'nobody is there any more for whom to ask';
  const approval = await requestApproval(stores, {
    ...{ tenantId, workspaceId, interactionId, clientId, runId, call },
    person: { ...proven.person, context: proven.context },
    request,
    // A login that ended while it waits could not tell its application why.
    deadline: (timeoutMs) => handoffDeadline(interaction, timeoutMs, now),
    now,
  });
  return typeof approval === 'string' ? approval : { kind: 'approval', id: approval.id };
}
