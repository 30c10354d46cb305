/** What every step of a login's workflow stands on: the login as it is, whether its person may go on, and what comes next. */
import { authenticateStep, consentStep } from '../../workflows/contract/authentication.ts';
import type { LoginStart, StepAnswer } from '../../workflows/contract/authentication.ts';
import { parseDuration } from '../kernel/duration.ts';
import { clientId, interactionId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { pageKindAt, stayTimeout } from './handoff-target.ts';
import { handoffDeadline } from './handoff.ts';
import { commitStep, type ProvenPerson } from './interaction.ts';
import type { FoundLogin, LoginCase, LoginCases } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { endedBefore } from './login-commit.ts';
import { withoutDetails } from './login-defect.ts';
import { isStale, remainingSteps } from './login-plan.ts';
import { readOnce } from './read-once.ts';

export interface LoginStepsDeps {
  readonly unitOfWork: UnitOfWork<LoginStores>;
  readonly cases: LoginCases;
  readonly clock: Clock;
  readonly log: Pick<Log, 'error' | 'warn'>;
}

/** The row goes back to `step` too, and `person` is who is still known: page and workflow wait for the same. */
export interface TurnedBack {
  readonly kind: 'refused';
  readonly step: string;
  readonly reason: string;
  readonly person: ProvenPerson | undefined;
}

export interface LoginSteps {
  /** Runs one step on the login as it stands, in one transaction; a login that ended before only says how. */
  step<T>(
    login: LoginStart,
    work: (stores: LoginStores, open: LoginCase) => Promise<T>,
  ): Promise<T | Extract<StepAnswer, { kind: 'committed' }>>;
  /**
   * As `step`, on a login that was read a moment ago: its row alone is read anew, and what it asks for, and of whom, is as it was.
   * Nobody is let in by that: whatever comes next reads all of it.
   */
  goOnAt<T>(
    open: LoginCase,
    work: (stores: LoginStores, open: LoginCase) => Promise<T>,
  ): Promise<T | Extract<StepAnswer, { kind: 'committed' }>>;
  /**
   * Why the person who is known so far cannot go on, or undefined when they can.
   * @param mayBeStale a factor that went stale is asked for before the next step, not at this one
   */
  standing(stores: LoginStores, open: LoginCase, mayBeStale?: boolean): Promise<TurnedBack | undefined>;
  /** Steps that this person still has to pass, now that they have also passed `also`. */
  stepsFor(stores: LoginStores, open: LoginCase, person: ProvenPerson, also?: string): Promise<readonly string[]>;
  /** Writes what comes next, and answers it. */
  goOn(stores: LoginStores, open: LoginCase, person: ProvenPerson, steps: readonly string[]): Promise<StepAnswer>;
}

/** Everything in one unit of work: a crash between two writes leaves neither. */
export function createLoginSteps(deps: LoginStepsDeps): LoginSteps {
  const { cases, clock } = deps;

  /** Whether a step is waited for at an integrator's page. Who signs in at one has all the time that the login has. */
  async function isAway(stores: LoginStores, login: LoginCase, step: string): Promise<boolean> {
    if (step === consentStep) return (await cases.consentPage(stores, login)) !== undefined;
    return pageKindAt(step) === 'custom-app';
  }

  function inOneTransaction<T>(
    find: (stores: LoginStores) => Promise<FoundLogin>,
    work: (stores: LoginStores, open: LoginCase) => Promise<T>,
  ): Promise<T | Extract<StepAnswer, { kind: 'committed' }>> {
    return withoutDetails(deps.log, () =>
      deps.unitOfWork.run(async (transaction) => {
        const stores = readOnce(transaction);
        const found = await find(stores);
        if (found.kind === 'ended') return { kind: 'committed', outcome: found.outcome, reason: found.reason };
        return work(stores, found);
      }),
    );
  }

  return {
    step(login, work) {
      const ids = {
        tenantId: tenantId(login.tenantId),
        workspaceId: workspaceId(login.workspaceId),
        clientId: clientId(login.clientId),
      };
      return inOneTransaction((stores) => cases.load(stores, ids, interactionId(login.interactionId)), work);
    },

    goOnAt: (open, work) => inOneTransaction((stores) => cases.again(stores, open), work),

    async standing(stores, open, mayBeStale = false) {
      const { interaction, workspace } = open;
      const { person } = interaction;
      const again = { kind: 'refused', step: authenticateStep } as const;
      if (person === undefined) return { ...again, reason: 'nobody', person };
      if (!mayBeStale && isStale(interaction, parseDuration(workspace.settings.factor_freshness) ?? 0, clock.now()))
        return { ...again, reason: 'stale_factor', person };
      if (!(await cases.stillHolds(stores, open, person, await cases.credentialOf(stores, open))))
        return { ...again, reason: 'credential_changed', person: undefined };
      return undefined;
    },

    async stepsFor(stores, open, person, also) {
      const passed = await cases.passedSteps(stores, open);
      const needs = await cases.needs(stores, open, person);
      return remainingSteps(needs, also === undefined ? passed : new Set([...passed, also]));
    },

    async goOn(stores, login, person, steps) {
      const { interaction } = login;
      const { tenantId: tenant, workspaceId: workspace, id } = interaction;
      const [step = commitStep] = steps;
      const open = await stores.interactions.advance(tenant, workspace, id, { step, person });
      if (!open) return endedBefore(stores, interaction);
      if (!(await isAway(stores, login, step))) return { kind: 'remaining', steps };
      const now = clock.now();
      const timeoutMs = await stayTimeout(stores, interaction, step, login.workspace.settings);
      const withinMs = handoffDeadline(interaction, timeoutMs, now) - now;
      return { kind: 'remaining', steps, withinMs };
    },
  };
}

export function refused(step: string, reason: string): StepAnswer {
  return { kind: 'refused', step, reason };
}

export async function turnBack(
  stores: LoginStores,
  { interaction }: LoginCase,
  { step, reason, person }: TurnedBack,
): Promise<StepAnswer> {
  const { tenantId: tenant, workspaceId: workspace, id } = interaction;
  const open = await stores.interactions.advance(tenant, workspace, id, { step, person });
  return open ? refused(step, reason) : endedBefore(stores, interaction);
}
