/** A script that decides over a login at `prompt=none`: run within the request, and asked nothing of its person (OIDC Core §3.1.2.1). */
import type { Executed, ScriptExecutions } from '../extensions/script-execution.ts';
import type { ScriptRun } from '../extensions/script-run.ts';
import type { ScriptVersion } from '../extensions/script.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { SilentAnswer } from '../oauth2/silent-grant.ts';
import type { LoginCase, LoginCases } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { commitGranted } from './login-commit.ts';
import { remainingSteps } from './login-plan.ts';
import { deniedWith, endScript, scriptDenied, scriptFailed } from './script-end.ts';
import { afterSlice, beginRun } from './script-login-run.ts';
import type { WriteScriptMetadata } from './script-metadata.ts';
import { boundScript } from './script-step.ts';

export interface SilentScriptDeps {
  readonly unitOfWork: UnitOfWork<LoginStores>;
  readonly cases: LoginCases;
  readonly executions: ScriptExecutions;
  readonly writeMetadata: WriteScriptMetadata;
  readonly clock: Clock;
}

interface Begun {
  readonly run: ScriptRun;
  readonly version: ScriptVersion;
}

/** Why a login at `prompt=none` ended without its person: it is begun anew with a page. */
const needsPerson = 'interaction_required';

/**
 * @returns runs the script of a login whose person a session knows, and commits what comes of it. Its login is a row from the
 *   beginning: a crash leaves one that nobody goes on with, and a run without an end
 */
export function createSilentScript(deps: SilentScriptDeps): (login: LoginCase) => Promise<SilentAnswer | undefined> {
  const { unitOfWork, cases, clock, writeMetadata } = deps;

  const begin = (login: LoginCase): Promise<Begun | undefined> =>
    unitOfWork.run(async (stores) => {
      const { interaction } = login;
      const { person } = interaction;
      if (person === undefined) return undefined;
      const script = await boundScript(stores, interaction, person.idpId);
      return script === undefined ? undefined : beginRun(stores, login, { person, script, now: clock.now() });
    });

  const giveUp = ({ interaction }: LoginCase, stores: Pick<LoginStores, 'interactions'>): Promise<boolean> => {
    const end = { state: 'denied', reason: needsPerson, at: clock.now() } as const;
    return stores.interactions.end(interaction.tenantId, interaction.workspaceId, interaction.id, end);
  };

  const conclude = (login: LoginCase, begun: Begun, executed: Exclude<Executed, { kind: 'busy' }>) =>
    unitOfWork.run(async (stores): Promise<SilentAnswer | undefined> => {
      const now = clock.now();
      const { person } = login.interaction;
      if (person === undefined) return undefined;
      if (executed.kind === 'suspended') {
        const { kept: waiting } = await afterSlice(stores, login, begun, withoutPerson(executed), {
          now,
          writeMetadata,
        });
        // It has not failed: that is no reason to go on without it, whatever it says of failures.
        if (waiting.end !== undefined)
          await stores.scriptRuns.keep({ ...waiting, end: { ...waiting.end, outcome: 'failed' } });
        await giveUp(login, stores);
        return undefined;
      }
      const { kept: run, adds } = await afterSlice(stores, login, begun, executed, { now, writeMetadata });
      if (run.end === undefined || !(await stores.scriptRuns.keep(run)))
        throw new PlatformError('internal', 'somebody else ended the run of a login without a page');
      const { outcome } = run.end;
      const added = adds === undefined ? {} : { adds };
      const over = await endScript(stores, login, { ...begun, run, outcome, executed, now, ...added }, cases);
      if (over?.kind === 'committed') return refusal(over.reason, run);
      // Somebody was locked out meanwhile, or what the script said makes a page necessary after all.
      const holds = await cases.stillHolds(stores, login, person, undefined);
      const left = remainingSteps(await cases.needs(stores, login, person), await cases.passedSteps(stores, login));
      if (!holds || left.length > 0) {
        await giveUp(login, stores);
        return undefined;
      }
      const granted = await cases.grantedBy(stores, login, person, undefined);
      await commitGranted(stores, granted);
      return { kind: 'granted', grantId: granted.grantId };
    });

  return async (login) => {
    const begun = await begin(login);
    if (begun !== undefined) {
      const { run, version } = begun;
      const { point, input } = run;
      const executed = await deps.executions.run({ version, point, workspace: login.workspace, input, kept: run });
      if (executed.kind !== 'busy') return conclude(login, begun, executed);
    }
    // Nothing of it is published, or the tenant's scripts are many just now: a page says so, or waits.
    await unitOfWork.run((stores) => giveUp(login, stores));
    return undefined;
  };
}

/** What a run came to that would have waited for somebody. */
function withoutPerson(executed: Extract<Executed, { kind: 'suspended' }>): Exclude<Executed, { kind: 'busy' }> {
  const { suspend } = executed;
  const message = `api.${suspend} waits, and at prompt=none nobody does`;
  return { ...executed, kind: 'error', fault: 'exception', message, stack: [] };
}

function refusal(reason: string, { id }: ScriptRun): SilentAnswer {
  if (reason === scriptDenied || reason === scriptFailed) return { kind: 'denied', ...deniedWith(id) };
  const description = 'the person who signed in is not as strongly proven as the request demands';
  return { kind: 'denied', error: reason, description };
}
