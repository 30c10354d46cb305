/** What a script is run for in a login: begun and ended in transactions, and run between them, where no row is held. */
import type { JsonValue } from '../../scripts-runtime/index.ts';
import type { StepAnswer } from '../../workflows/contract/authentication.ts';
import { authenticateStep, scriptAppStep, scriptStep } from '../../workflows/contract/authentication.ts';
import type { Executed, ScriptExecutions } from '../extensions/script-execution.ts';
import type { ScriptRun } from '../extensions/script-run.ts';
import type { ScriptVersion } from '../extensions/script.ts';
import type { ProvenPerson } from './interaction.ts';
import type { LoginCase } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { PlatformAway, withoutDetails } from './login-defect.ts';
import { createLoginSteps, refused, type LoginStepsDeps } from './login-steps.ts';
import { ofLastPerson } from './proven-so-far.ts';
import { afterSlice, beginRun } from './script-login-run.ts';
import { denyByScript, endScript, scriptFailed } from './script-end.ts';
import { approvalAnswer, approvalPause } from './script-approval.ts';
import type { WriteScriptMetadata } from './script-metadata.ts';
import { boundScript } from './script-step.ts';

export interface ScriptSliceDeps extends LoginStepsDeps {
  readonly executions: ScriptExecutions;
  readonly writeMetadata: WriteScriptMetadata;
}

/** What is to be run now. */
export interface Slice {
  readonly kind: 'run';
  /** As it was read when the slice began. */
  readonly open: LoginCase;
  readonly run: ScriptRun;
  readonly version: ScriptVersion;
  /** Of the call that its tape waits at. */
  readonly answer: JsonValue | undefined;
}

export interface ScriptSlices {
  /**
   * Finds the run of this login's person, or begins it, in the transaction that leads to it.
   * @param left the steps that the person still has to pass
   * @returns what is to be run now; what the login goes on with, or how it ended, where nothing is
   */
  begin(
    stores: LoginStores,
    open: LoginCase,
    person: ProvenPerson,
    left: readonly string[],
  ): Promise<StepAnswer | Slice>;
  /**
   * Runs it, keeps what it left, and ends the step where the script has ended.
   * @throws PlatformAway where it could not be run just now, or somebody else ran it
   */
  run(slice: Slice): Promise<StepAnswer>;
}

export function createScriptSlices(deps: ScriptSliceDeps): ScriptSlices {
  const { clock, executions } = deps;
  const steps = createLoginSteps(deps);

  async function begin(
    stores: LoginStores,
    open: LoginCase,
    person: ProvenPerson,
    left: readonly string[],
  ): Promise<StepAnswer | Slice> {
    const { interaction } = open;
    const script = await boundScript(stores, interaction, person.idpId);
    if (left[0] !== scriptStep || script === undefined) return steps.goOn(stores, open, person, left);
    const begun = await beginRun(stores, open, { person, script, now: clock.now() });
    if (begun === undefined) return denyByScript(stores, open, scriptFailed, undefined, clock.now());
    const { run, version } = begun;
    // It ended, and what it let pass counts for nothing by now.
    if (run.end !== undefined) return denyByScript(stores, open, scriptFailed, run.id, clock.now());
    const { waits } = run;
    const due = { kind: 'run', open, run, version } as const;
    if (waits === undefined) return { ...due, answer: undefined };
    if (waits.kind === 'sleep')
      return waits.until > clock.now() ? rest(stores, open, run, left) : { ...due, answer: null };
    if (waits.kind === 'approval') {
      const decided = await approvalAnswer(stores, interaction, waits.id, clock.now());
      return decided === undefined ? rest(stores, open, run, left) : { ...due, answer: decided };
    }
    const brought = await broughtBack(stores, open, run);
    return brought === undefined ? rest(stores, open, run, left) : { ...due, answer: { data: brought } };
  }

  /** Writes where the login stands while its script waits. */
  async function rest(
    stores: LoginStores,
    open: LoginCase,
    run: ScriptRun,
    left: readonly string[],
  ): Promise<StepAnswer> {
    const { person } = open.interaction;
    const { waits } = run;
    if (waits === undefined || person === undefined) return refused(authenticateStep, 'nobody');
    if (waits.kind === 'sleep') {
      const answer = await steps.goOn(stores, open, person, left);
      return decidedBy(run, answer, { restMs: Math.max(1, waits.until - clock.now()) });
    }
    if (waits.kind === 'approval') {
      const answer = await steps.goOn(stores, open, person, left);
      return decidedBy(run, answer, { restMs: await approvalPause(stores, open.interaction, waits.id, clock.now()) });
    }
    return decidedBy(run, await steps.goOn(stores, open, person, [scriptAppStep(waits.call), ...left.slice(1)]));
  }

  async function conclude(
    stores: LoginStores,
    open: LoginCase,
    slice: Slice,
    executed: Exclude<Executed, { kind: 'busy' }>,
  ): Promise<StepAnswer> {
    const { interaction } = open;
    const { person } = interaction;
    if (person?.subject !== slice.run.subject) return refused(interaction.step, 'other_person');
    const now = clock.now();
    const { kept: run, adds } = await afterSlice(stores, open, slice, executed, {
      now,
      writeMetadata: deps.writeMetadata,
    });
    // Somebody ran the same slice and wrote first: what they wrote holds, and is read by who tries again.
    if (!(await stores.scriptRuns.keep(run))) throw new PlatformAway();
    if (run.end === undefined) return rest(stores, open, run, await steps.stepsFor(stores, open, person));
    const ended = { run, outcome: run.end.outcome, version: slice.version, executed, now };
    const over = await endScript(stores, open, { ...ended, ...(adds === undefined ? {} : { adds }) }, deps.cases);
    if (over !== undefined) return over;
    return decidedBy(run, await steps.goOn(stores, open, person, await steps.stepsFor(stores, open, person)));
  }

  return {
    begin,
    async run(slice) {
      const executed = await withoutDetails(deps.log, () => execute(executions, slice));
      return steps.goOnAt<StepAnswer>(slice.open, (stores, open) => conclude(stores, open, slice, executed));
    },
  };
}

/** Says beside where the login stands which script decides over it, for operations to search by. */
function decidedBy(
  { scriptId, version }: ScriptRun,
  answer: StepAnswer,
  resting: { readonly restMs?: number } = {},
): StepAnswer {
  return answer.kind === 'remaining'
    ? { ...answer, ...resting, script: `${scriptId}@${version.slice(0, 12)}` }
    : answer;
}

async function execute(
  executions: ScriptExecutions,
  { open, run, version, answer }: Slice,
): Promise<Exclude<Executed, { kind: 'busy' }>> {
  const { point, input } = run;
  const given = answer === undefined ? {} : { answer };
  const executed = await executions.run({ version, point, workspace: open.workspace, input, kept: run, ...given });
  // Nothing was run: the tenant's scripts are many just now.
  if (executed.kind === 'busy') throw new PlatformAway();
  return executed;
}

/** What the application said to which the run sent its person, once they have come back. */
async function broughtBack(
  stores: LoginStores,
  { interaction }: LoginCase,
  { waits, subject }: ScriptRun,
): Promise<JsonValue | undefined> {
  if (waits?.kind !== 'redirect') return undefined;
  const { tenantId, workspaceId, id } = interaction;
  const step = scriptAppStep(waits.call);
  const proofs = await stores.proofs.listOf(tenantId, workspaceId, id);
  const passed = ofLastPerson(proofs)
    .map(({ content }) => content)
    .findLast((content) => content.kind === 'step' && content.stepId === step && content.subject === subject);
  if (passed?.kind !== 'step' || passed.outcome !== 'passed' || passed.data['app'] !== waits.app) return undefined;
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- JSON by the schema of the call that brought it
  return (passed.data['said'] ?? {}) as JsonValue;
}
