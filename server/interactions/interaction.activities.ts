/** What a login's workflow may ask of the platform. Each is idempotent: rows decide, so running it twice changes nothing. */
import type {
  AuthenticationActivities,
  LoginStart,
  Move,
  StepAnswer,
} from '../../workflows/contract/authentication.ts';
import { authenticateStep, consentStep, customAppStep } from '../../workflows/contract/authentication.ts';
import { reasonOfDenial } from '../extension-points/steps.ts';
import { isPlatformError } from '../kernel/errors.ts';
import { clientId, interactionId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import type { Log } from '../kernel/log.ts';
import { boundApp, requirementOfApp } from './custom-app-step.ts';
import { handoffDeadline } from './handoff.ts';
import { commitDenied, commitGranted, endedBefore, overdue } from './login-commit.ts';
import type { LoginStores, LoginCase, LoginCases } from './login-case.ts';
import { withoutDetails } from './login-defect.ts';
import { commitStep, type ProvenPerson } from './interaction.ts';
import { isStale, remainingSteps, stepApplies, unmetDemand } from './login-plan.ts';
import { byRefusal, type ProofContent } from './proof.ts';
import { readOnce } from './read-once.ts';

export interface AuthenticationActivityDeps {
  readonly unitOfWork: UnitOfWork<LoginStores>;
  readonly cases: LoginCases;
  readonly clock: Clock;
  readonly log: Pick<Log, 'error' | 'warn'>;
}

/** What a proof is worth, before it is spent. */
type Verdict =
  | { readonly kind: 'accepted'; readonly act: () => Promise<StepAnswer> }
  /** The row goes back to `step` too, and `person` is who is still known: page and workflow wait for the same. */
  | {
      readonly kind: 'refused';
      readonly step: string;
      readonly reason: string;
      readonly person: ProvenPerson | undefined;
    };

/** Everything in one unit of work: a crash between two writes leaves neither. */
export function createAuthenticationActivities(deps: AuthenticationActivityDeps): AuthenticationActivities {
  const { cases, clock } = deps;

  /** Runs one step on the login as it stands; a login that ended before only says how. */
  function step(
    login: LoginStart,
    work: (stores: LoginStores, open: LoginCase) => Promise<StepAnswer>,
  ): Promise<StepAnswer> {
    const ids = {
      tenantId: tenantId(login.tenantId),
      workspaceId: workspaceId(login.workspaceId),
      clientId: clientId(login.clientId),
    };
    return withoutDetails(deps.log, () =>
      deps.unitOfWork.run(async (transaction) => {
        const stores = readOnce(transaction);
        const found = await cases.load(stores, ids, interactionId(login.interactionId));
        if (found.kind === 'ended') return { kind: 'committed', outcome: found.outcome, reason: found.reason };
        return work(stores, found);
      }),
    );
  }

  /** Runs the step that a proof completes. A proof that is refused is marked so, and never counts or comes again. */
  function proven(
    login: LoginStart,
    name: string,
    move: Move,
    judge: (stores: LoginStores, open: LoginCase, content: ProofContent) => Promise<Verdict | undefined>,
  ): Promise<StepAnswer> {
    return step(login, async (stores, open) => {
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

  /**
   * Why the person who is known so far cannot go on, or undefined when they can.
   * @param mayBeStale a factor that went stale is asked for before the next step, not at this one
   */
  async function standing(
    stores: LoginStores,
    open: LoginCase,
    mayBeStale = false,
  ): Promise<Exclude<Verdict, { kind: 'accepted' }> | undefined> {
    const { interaction, workspace } = open;
    const { person } = interaction;
    const again = { kind: 'refused', step: authenticateStep } as const;
    if (person === undefined) return { ...again, reason: 'nobody', person };
    if (!mayBeStale && isStale(interaction, parseDuration(workspace.settings.factor_freshness) ?? 0, clock.now()))
      return { ...again, reason: 'stale_factor', person };
    if (!(await cases.stillHolds(stores, open, person, await cases.credentialOf(stores, open))))
      return { ...again, reason: 'credential_changed', person: undefined };
    return undefined;
  }

  /** Steps that this person still has to pass, now that they have also passed `also`. */
  async function stepsFor(stores: LoginStores, open: LoginCase, person: ProvenPerson, also?: string) {
    const passed = await cases.passedSteps(stores, open);
    const needs = await cases.needs(stores, open, person);
    return remainingSteps(needs, also === undefined ? passed : new Set([...passed, also]));
  }

  async function goOn(
    stores: LoginStores,
    login: LoginCase,
    person: ProvenPerson,
    steps: readonly string[],
  ): Promise<StepAnswer> {
    const {
      interaction,
      workspace: { settings },
    } = login;
    const { tenantId: tenant, workspaceId: workspace, id } = interaction;
    const open = await stores.interactions.advance(tenant, workspace, id, { step: steps[0] ?? commitStep, person });
    if (!open) return endedBefore(stores, interaction);
    const isElsewhere =
      steps[0] === customAppStep ||
      (steps[0] === consentStep && (await cases.consentPage(stores, login)) !== undefined);
    if (!isElsewhere) return { kind: 'remaining', steps };
    const now = clock.now();
    const withinMs = handoffDeadline(interaction, parseDuration(settings.custom_app_timeout) ?? 0, now) - now;
    return { kind: 'remaining', steps, withinMs };
  }

  return {
    establishPerson: (login, move) =>
      proven(login, authenticateStep, move, async (stores, open, content) => {
        if (content.kind !== 'authenticated') return undefined;
        const { interaction, request } = open;
        const { person, credential } = content;
        const again = { kind: 'refused', step: authenticateStep, person: undefined } as const;
        if (!(await cases.stillHolds(stores, open, person, credential)))
          return { ...again, reason: 'credential_changed' };
        // Two people in one login: it forgets both, and whoever signs in next is the one.
        if (interaction.person !== undefined && interaction.person.subject !== person.subject)
          return { ...again, reason: 'other_person' };
        const unmet = unmetDemand(request, person);
        return accepted(async () => {
          if (unmet === undefined) return goOn(stores, open, person, await stepsFor(stores, open, person));
          return commitDenied(stores, {
            interaction: { ...interaction, person },
            request,
            error: unmet,
            description: 'the person who signed in is not the one, or not as strongly proven, as the request demands',
            reason: unmet,
            now: clock.now(),
          });
        });
      }),

    passStep: (login, name, move) =>
      proven(login, name, move, async (stores, open, content) => {
        if (content.kind !== 'step' || content.stepId !== name) return undefined;
        const { interaction, request } = open;
        const { person } = interaction;
        // Whoever was away for hours has lost nothing of what they did there.
        const unfit = await standing(stores, open, name === customAppStep);
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

function accepted(act: () => Promise<StepAnswer>): Verdict {
  return { kind: 'accepted', act };
}

function refused(step: string, reason: string): StepAnswer {
  return { kind: 'refused', step, reason };
}

async function turnBack(
  stores: LoginStores,
  { interaction }: LoginCase,
  { step, reason, person }: Exclude<Verdict, { kind: 'accepted' }>,
): Promise<StepAnswer> {
  const { tenantId, workspaceId, id } = interaction;
  const open = await stores.interactions.advance(tenantId, workspaceId, id, { step, person });
  return open ? refused(step, reason) : endedBefore(stores, interaction);
}
