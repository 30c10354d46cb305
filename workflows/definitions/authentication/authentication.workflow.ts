/** The login, top to bottom: authenticate → post-authentication script → custom app → plugin steps → consent → commit. */
import { CancellationScope, isCancellation, proxyLocalActivities, TemporalFailure } from '@temporalio/workflow';
import {
  authenticateStep,
  consentStep,
  defect,
  scriptStep,
  stopped,
  unavailable,
  type AuthenticationActivities,
  type LoginOutcome,
  type LoginStart,
  type Move,
  type StepAnswer,
} from '../../contract/authentication.ts';
import { restBefore, timeFor, upcomingStep } from './decisions.ts';
import { openDesk, type Desk } from './desk.ts';

const platform = proxyLocalActivities<AuthenticationActivities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '5m',
  localRetryThreshold: '5m',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s', nonRetryableErrorTypes: [defect] },
});

/** Proving who they are takes the time of a step; the script that decides over them next may begin in it, and take its own. */
const persons = proxyLocalActivities<Pick<AuthenticationActivities, 'establishPerson'>>({
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '5m',
  localRetryThreshold: '5m',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s', nonRetryableErrorTypes: [defect] },
});

/** A script takes its time, and a tenant whose scripts are too many waits its turn: neither is to be run twice for that. */
const scripts = proxyLocalActivities<Pick<AuthenticationActivities, 'runScript'>>({
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '1m',
  localRetryThreshold: '1m',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s', nonRetryableErrorTypes: [defect] },
});

/**
 * One sign-in of one person to one application. The person acts through Updates, each carrying the id of a proof row;
 * activities believe rows only, so an Update has no authority of its own.
 * @returns how it ended; the interaction's row says the same and decides where a crash made the two differ
 * @throws CancelledFailure when an operator cancelled it before its row was committed, once the row is told
 */
export async function authentication(login: LoginStart): Promise<LoginOutcome> {
  const desk = openDesk(login);
  try {
    return await desk.close(await signIn(login, desk));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const end = await CancellationScope.nonCancellable(async () => desk.close(await platform.abandon(login, stopped)));
    // A row that was committed before keeps its end, and the login ends as its row did.
    if (end.reason !== stopped) return end;
    throw error;
  }
}

/** Step by step, until the row is committed or the login given up. */
async function signIn(login: LoginStart, desk: Desk): Promise<LoginOutcome> {
  let answer: StepAnswer = { kind: 'remaining', steps: [login.firstStep] };
  let taken: string = login.firstStep;
  /** How often in a row a script could not be run. */
  let failures = 0;

  while (answer.kind !== 'committed') {
    const step = upcomingStep(answer);
    const restMs = step === scriptStep ? restBefore(answer, failures) : undefined;
    if (step === undefined) {
      answer = await answered(taken, platform.commit(login));
    } else if (restMs === 0) {
      taken = step;
      answer = await answered(step, scripts.runScript(login));
      failures = answer.kind === 'refused' && answer.step === scriptStep ? failures + 1 : 0;
    } else {
      const turn = await desk.waitForPerson(step, restMs ?? timeFor(answer));
      if (turn === 'over') return platform.abandon(login);
      if (turn !== 'overdue') {
        taken = turn.step;
        answer = await answered(taken, take(login, turn.step, turn.move));
      } else if (step === scriptStep) {
        answer = { kind: 'remaining', steps: [step] };
      } else {
        taken = step;
        answer = await answered(step, platform.giveUpStep(login, step));
      }
    }
    if (answer.kind === 'remaining' && answer.script !== undefined) desk.showScript(answer.script);
    desk.answer(answer);
  }
  return answer;
}

/** One step's activity. A person who was away too long proves the first factor again, whatever step they were at. */
function take(login: LoginStart, step: string, move: Move): Promise<StepAnswer> {
  if (step === authenticateStep) return persons.establishPerson(login, move);
  if (step === consentStep) return platform.decideConsent(login, move);
  return platform.passStep(login, step, move);
}

/** A platform that stays out of reach costs the person a repeated step, never the login. */
async function answered(step: string, work: Promise<StepAnswer>): Promise<StepAnswer> {
  try {
    return await work;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
    return { kind: 'refused', step, reason: unavailable };
  }
}
