/** How a script's run ends its step: the login goes on with what it added, or ends with what the application is told. */
import { scriptStep, type StepAnswer } from '../../workflows/contract/authentication.ts';
import { executionEvent, outputOf } from '../extensions/script-event.ts';
import type { Executed } from '../extensions/script-execution.ts';
import type { ScriptRun, ScriptRunOutcome } from '../extensions/script-run.ts';
import type { ScriptVersion } from '../extensions/script.ts';
import { newId, proofId } from '../kernel/ids.ts';
import type { LoginCase, LoginCases } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { commitDenied } from './login-commit.ts';
import { unmetDemand } from './login-plan.ts';
import { byScript, type Proof } from './proof.ts';
import { requirementOfScript } from './script-requirement.ts';
import type { ScriptAdds } from './script-verdict.ts';

/** Why a login ended: its script failed, and the person is shown the reference of its run. */
export const scriptFailed = 'script_failed';
/** It decided so. What it gave as the reason is kept with its run: no code of ours, it may say anything. */
export const scriptDenied = 'script_denied';

export interface EndedScript {
  readonly run: ScriptRun;
  readonly outcome: ScriptRunOutcome;
  readonly version: ScriptVersion;
  readonly executed: Exclude<Executed, { kind: 'busy' }>;
  /** Of `passed`, and what was refused of `continued`. */
  readonly adds?: ScriptAdds;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * In the transaction that keeps the end of the run.
 * @returns how the login ended by it; undefined where it goes on, with what the script added
 */
export async function endScript(
  stores: LoginStores,
  login: LoginCase,
  ended: EndedScript,
  cases: Pick<LoginCases, 'asSaid'>,
): Promise<StepAnswer | undefined> {
  const { interaction, request } = login;
  const { run, outcome, now } = ended;
  await stores.outbox.append(await eventOf(stores, login, ended));
  if (outcome === 'denied') return denyByScript(stores, login, scriptDenied, run.id, now);
  if (outcome === 'failed') return denyByScript(stores, login, scriptFailed, run.id, now);
  const { tenantId, workspaceId, id } = interaction;
  const before = await stores.proofs.listOf(tenantId, workspaceId, id);
  // Proofs count in their order, and the clock of who kept the last one may be ahead of this one.
  const after = Math.max(now, ...before.map(({ createdAt }) => createdAt + 1));
  await stores.proofs.insertOnce(proofOf(login, ended, after));
  const { person } = interaction;
  const unmet = person && unmetDemand(request, await cases.asSaid(stores, login, person));
  if (unmet === undefined) return undefined;
  return commitDenied(stores, {
    interaction,
    request,
    error: unmet,
    description: 'the person who signed in is not as strongly proven as the request demands',
    reason: unmet,
    now,
  });
}

/** @param reference of its run, which who built the script finds it by */
export function denyByScript(
  stores: LoginStores,
  { interaction, request }: LoginCase,
  reason: string,
  reference: string | undefined,
  now: number,
): Promise<StepAnswer> {
  return commitDenied(stores, { interaction, request, ...deniedWith(reference), reason, now });
}

/** What an application is told of a script that did not let its person pass. @param reference of its run */
export function deniedWith(reference: string | undefined) {
  const named = reference === undefined ? '' : ` (reference ${reference})`;
  return { error: 'access_denied', description: `the sign-in was not allowed${named}` } as const;
}

/** What the run proves: spent already, since no person brings it. */
function proofOf({ interaction }: LoginCase, { run, version, adds }: EndedScript, at: number): Proof {
  const { tenantId, workspaceId, id, clientId, person } = interaction;
  return {
    tenantId,
    workspaceId,
    id: proofId(newId()),
    interactionId: id,
    clientId,
    idpId: person?.idpId,
    update: scriptStep,
    nonce: `script.${run.id}`,
    content: {
      kind: 'step',
      subject: run.subject,
      stepId: scriptStep,
      outcome: 'passed',
      satisfies: requirementOfScript(run.scriptId, version.version, clientId),
      ...adds,
      data: { run: run.id },
    },
    createdAt: at,
    expiresAt: at,
    consumedBy: byScript,
  };
}

async function eventOf(
  { scripts, scriptDebugs }: Pick<LoginStores, 'scripts' | 'scriptDebugs'>,
  { interaction }: LoginCase,
  { run, version, outcome, executed, now }: EndedScript,
) {
  const { clientId, id, person } = interaction;
  const isDebugged = (await scriptDebugs.find(version, now)) !== undefined;
  const name = isDebugged ? (await scripts.read(version))?.name : undefined;
  const result = run.end?.result ?? executed;
  return executionEvent({
    script: { ...version, ...(name === undefined ? {} : { name }) },
    version: version.version,
    point: run.point,
    outcome,
    reference: run.id,
    metadata: {
      client_id: clientId,
      session_id: id,
      ...(person === undefined ? {} : { subject: person.subject, idp_id: person.idpId }),
    },
    result,
    wallMs: run.wallMs,
    at: now,
    told: isDebugged ? { input: run.input, output: outputOf(result), console: run.console } : undefined,
  });
}
