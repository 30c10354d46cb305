/** What a login's workflow may ask of the platform. Each is idempotent: rows decide, so running it twice changes nothing. */
import type {
  AuthenticationActivities,
  LoginStart,
  Move,
  StepAnswer,
} from '../../workflows/contract/authentication.ts';
import {
  authenticateStep,
  consentStep,
  customAppStep,
  isAppStep,
  isScriptAppStep,
  scriptAppStep,
  scriptStep,
} from '../../workflows/contract/authentication.ts';
import { reasonOfDenial } from '../extension-points/steps.ts';
import { isPlatformError } from '../kernel/errors.ts';
import { interactionId, tenantId, workspaceId } from '../kernel/ids.ts';
import { boundApp, requirementOfApp } from './custom-app-step.ts';
import { commitDenied, commitGranted, overdue } from './login-commit.ts';
import type { LoginCase } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { withoutDetails } from './login-defect.ts';
import { commitStep } from './interaction.ts';
import { stepApplies, unmetDemand } from './login-plan.ts';
import { createLoginSteps, refused, turnBack, type LoginStepsDeps, type TurnedBack } from './login-steps.ts';
import { byRefusal, type ProofContent } from './proof.ts';
import type { ScriptSlices, Slice } from './script-slice.ts';
import { scriptWaitOf } from './script-step.ts';

export interface AuthenticationActivityDeps extends LoginStepsDeps {
  readonly scripts: ScriptSlices;
}

/** The script that decides over whom the first factor proved, begun with it in one transaction. */
interface ScriptNext {
  readonly kind: 'script';
  readonly slice: Slice;
  /** What the workflow is answered where it has not been run. */
  readonly answer: StepAnswer;
}

/** What a proof is worth, before it is spent. */
type Verdict<Answer> = { readonly kind: 'accepted'; readonly act: () => Promise<Answer> } | TurnedBack;

/** Everything in one unit of work: a crash between two writes leaves neither. */
export function createAuthenticationActivities(
  deps: AuthenticationActivityDeps,
): Omit<AuthenticationActivities, 'runScript'> {
  const { cases, clock, scripts } = deps;
  const { step, standing, stepsFor, goOn } = createLoginSteps(deps);

  /** Runs the step that a proof completes. A proof that is refused is marked so, and never counts or comes again. */
  function proven<Answer = StepAnswer>(
    login: LoginStart,
    name: string,
    move: Move,
    judge: (stores: LoginStores, open: LoginCase, content: ProofContent) => Promise<Verdict<Answer> | undefined>,
  ): Promise<Answer | StepAnswer> {
    return step<Answer | StepAnswer>(login, async (stores, open) => {
      const { tenantId: tenant, workspaceId: workspace, id } = open.interaction;
      const proof = (await stores.proofs.listOf(tenant, workspace, id)).find((one) => one.id === move.proofId);
      if (proof === undefined) return refused(name, 'proof_void');
      const verdict = await judge(stores, open, proof.content);
      if (verdict === undefined) return refused(name, 'proof_void');
      // The same for an activity that is tried again, another for every other step.
      const by = verdict.kind === 'accepted' ? `${id}/${name}` : byRefusal;
      if ((await stores.proofs.consume(tenant, workspace, proof.id, by)) === undefined)
        return refused(name, 'proof_void');
      return verdict.kind === 'accepted' ? verdict.act() : turnBack(stores, open, verdict);
    });
  }

  return {
    async establishPerson(login, move) {
      const established = await proven<StepAnswer | ScriptNext>(
        login,
        authenticateStep,
        move,
        async (stores, open, content) => {
          if (content.kind !== 'authenticated') return undefined;
          const { interaction, request } = open;
          const { person, credential } = content;
          const again = { kind: 'refused', step: authenticateStep, person: undefined } as const;
          if (!(await cases.stillHolds(stores, open, person, credential)))
            return { ...again, reason: 'credential_changed' };
          // Two people in one login: it forgets both, and whoever signs in next is the one.
          if (interaction.person !== undefined && interaction.person.subject !== person.subject)
            return { ...again, reason: 'other_person' };
          return accepted(async () => {
            const steps = await stepsFor(stores, open, person);
            const unmet = unmetDemand(request, await cases.asSaid(stores, open, person));
            // How strongly somebody is proven, a script may still say.
            const isOpen = unmet === undefined || (unmet !== 'login_required' && steps.includes(scriptStep));
            if (!isOpen)
              return commitDenied(stores, {
                interaction: { ...interaction, person },
                request,
                error: unmet,
                description:
                  'the person who signed in is not the one, or not as strongly proven, as the request demands',
                reason: unmet,
                now: clock.now(),
              });
            const answer = await goOn(stores, open, person, steps);
            if (answer.kind !== 'remaining' || steps[0] !== scriptStep) return answer;
            const at = { ...open, interaction: { ...interaction, step: scriptStep, person } };
            const begun = await scripts.begin(stores, at, person, steps);
            return begun.kind === 'run' ? { kind: 'script', slice: begun, answer } : begun;
          });
        },
      );
      if (established.kind !== 'script') return established;
      // Who they are stands, whatever becomes of the script: where it could not be run, the workflow runs it, and waits as it has to.
      return scripts.run(established.slice).catch(() => established.answer);
    },

    passStep: (login, name, move) =>
      proven(login, name, move, async (stores, open, content) => {
        if (content.kind !== 'step' || content.stepId !== name) return undefined;
        const { interaction, request } = open;
        const { person } = interaction;
        // Whoever was away for hours has lost nothing of what they did there.
        const unfit = await standing(stores, open, isAppStep(name));
        if (unfit !== undefined || person === undefined) return unfit;
        if (content.subject !== person.subject) return { kind: 'refused', step: name, reason: 'other_person', person };
        const { steps } = await cases.needs(stores, open, person);
        if (content.outcome === 'skipped' && steps.includes(name))
          return { kind: 'refused', step: name, reason: stepApplies, person };
        if (name === customAppStep && content.outcome !== 'skipped') {
          const app = await boundApp(stores, interaction, person);
          // Another application, or none, is asked for by now: what this one said is nobody's business any more.
          if (app === undefined || content.satisfies !== requirementOfApp(app))
            return { kind: 'refused', step: name, reason: 'other_app', person };
        }
        if (isScriptAppStep(name) && !(await isWaitedFor(stores, open, content)))
          return { kind: 'refused', step: scriptStep, reason: 'other_app', person };
        return accepted(async () => {
          if (content.outcome !== 'denied')
            return goOn(stores, open, person, await stepsFor(stores, open, person, name));
          return commitDenied(stores, {
            interaction,
            request,
            ...(content.error ?? { error: 'access_denied', description: 'the person declined' }),
            reason: reasonOfDenial(name, content.reason),
            now: clock.now(),
          });
        });
      }),

    giveUpStep: (login, name) =>
      step(login, async (stores, open) => {
        const { interaction } = open;
        const { tenantId: tenant, workspaceId: workspace, id, step: at } = interaction;
        if (at !== name) return refused(at === commitStep ? name : at, 'step_passed');
        const now = clock.now();
        const stay = await stores.handoffs.findLast(tenant, workspace, id, name);
        // Begun once more meanwhile, with a time of its own.
        if (stay !== undefined && stay.expiresAt > now)
          return { kind: 'remaining', steps: [name], withinMs: stay.expiresAt - now };
        // They decide on our own page by now, which has all the time that the login has.
        if (name === consentStep && (await cases.consentPage(stores, open)) === undefined)
          return { kind: 'remaining', steps: [name] };
        return commitDenied(stores, { ...overdue(open), now });
      }),

    decideConsent: (login, move) =>
      proven(login, consentStep, move, async (stores, open, content) => {
        if (content.kind !== 'consented') return undefined;
        const { interaction, request } = open;
        const { person } = interaction;
        if (person !== undefined && content.subject !== person.subject)
          return { kind: 'refused', step: consentStep, reason: 'other_person', person };
        const page = await cases.consentPage(stores, open);
        // Decided where nobody is asked any more: what was said there is nobody's business, and ours is no way around it.
        if (person !== undefined && content.page !== page?.clientId)
          return { kind: 'refused', step: consentStep, reason: 'other_page', person };
        if (person !== undefined && content.decision === 'deny') {
          const error = content.error ?? {
            error: 'access_denied',
            description: 'the person did not allow access',
          };
          return accepted(() =>
            commitDenied(stores, { interaction, request, ...error, reason: 'consent_denied', now: clock.now() }),
          );
        }
        const unfit = await standing(stores, open);
        if (unfit !== undefined || person === undefined) return unfit;
        const before = (await stepsFor(stores, open, person)).find((one) => one !== consentStep);
        if (before !== undefined) return { kind: 'refused', step: before, reason: 'step_missing', person };
        try {
          const decision = { chosenScopes: content.grantedScopes, details: content.details };
          const granted = await cases.grantedBy(stores, open, person, decision);
          return accepted(() => commitGranted(stores, granted));
        } catch (error) {
          if (!isPlatformError(error, 'unprocessable_entity')) throw error;
          return { kind: 'refused', step: consentStep, reason: 'decision_refused', person };
        }
      }),

    commit: (login) =>
      step(login, async (stores, open) => {
        const { person } = open.interaction;
        const unfit = await standing(stores, open);
        if (unfit !== undefined) return turnBack(stores, open, unfit);
        if (person === undefined) return refused(authenticateStep, 'nobody');
        const steps = await stepsFor(stores, open, person);
        if (steps.length > 0) return goOn(stores, open, person, steps);
        return commitGranted(stores, await cases.grantedBy(stores, open, person, undefined));
      }),

    abandon: (login, reason = 'deadline') =>
      withoutDetails(deps.log, () =>
        deps.unitOfWork.run(async (stores) => {
          const ids = [
            tenantId(login.tenantId),
            workspaceId(login.workspaceId),
            interactionId(login.interactionId),
          ] as const;
          const end = { state: 'expired', reason, at: clock.now() } as const;
          if (await stores.interactions.end(...ids, end)) return { outcome: 'expired', reason };
          const row = await stores.interactions.find(...ids);
          return row === undefined || row.state === 'open'
            ? { outcome: 'expired', reason: 'gone' }
            : { outcome: row.state, reason: row.reason ?? row.state };
        }),
      ),
  };
}

function accepted<Answer>(act: () => Promise<Answer>): Verdict<Answer> {
  return { kind: 'accepted', act };
}

/** Whether the script of this login waits for the very stay that its person came back from. */
async function isWaitedFor(
  stores: LoginStores,
  { interaction }: LoginCase,
  { stepId, data }: Extract<ProofContent, { kind: 'step' }>,
): Promise<boolean> {
  const wait = (await scriptWaitOf(stores, interaction))?.waits;
  return wait?.kind === 'redirect' && scriptAppStep(wait.call) === stepId && wait.app === data['app'];
}
