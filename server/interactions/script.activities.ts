/** The step at which a script decides, as a workflow asks for it: of one that goes on, and of one that nobody ran before. */
import type { AuthenticationActivities, StepAnswer } from '../../workflows/contract/authentication.ts';
import { authenticateStep } from '../../workflows/contract/authentication.ts';
import { createLoginSteps, refused, turnBack, type LoginStepsDeps } from './login-steps.ts';
import type { ScriptSlices, Slice } from './script-slice.ts';

export interface ScriptActivityDeps extends LoginStepsDeps {
  readonly scripts: ScriptSlices;
}

export function createScriptActivity(deps: ScriptActivityDeps): Pick<AuthenticationActivities, 'runScript'> {
  const { scripts } = deps;
  const steps = createLoginSteps(deps);
  return {
    async runScript(login) {
      const begun = await steps.step<StepAnswer | Slice>(login, async (stores, open) => {
        // Whoever waited for hours is asked for the first factor before the next step, not at this one.
        const unfit = await steps.standing(stores, open, true);
        if (unfit !== undefined) return turnBack(stores, open, unfit);
        const { person } = open.interaction;
        if (person === undefined) return refused(authenticateStep, 'nobody');
        return scripts.begin(stores, open, person, await steps.stepsFor(stores, open, person));
      });
      return begun.kind === 'run' ? scripts.run(begun) : begun;
    },
  };
}
