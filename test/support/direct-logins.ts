/** Logins without Temporal: runs the activities as the workflow would, one move at a time, and answers an update id once. */
import type { LoginClient, LoginMove } from '../../workflows/client.ts';
import { LoginMoved, WorkflowsUnavailable } from '../../workflows/client.ts';
import {
  authenticateStep,
  consentStep,
  scriptStep,
  unavailable,
  updateOf,
  type AuthenticationActivities,
  type LoginOutcome,
  type LoginStart,
  type Next,
  type StepAnswer,
} from '../../workflows/contract/authentication.ts';
import { nextFor, stepCompletedBy, upcomingStep } from '../../workflows/definitions/authentication/decisions.ts';

export interface DirectLogins extends Pick<LoginClient, 'advance' | 'endedElsewhere'> {
  /** Every login that was started, and how it ended. */
  readonly ended: ReadonlyMap<string, LoginOutcome | undefined>;
  /** Lets the next moves fail: before anything was done, or after, when only the answer is lost. */
  failNext(times: number, when: 'before' | 'after'): void;
  /** As the workflow's timer: scripts that rest are asked again. */
  wake(): Promise<void>;
  /** As an operator's terminate: no move is taken any more, and the row is told nothing. */
  terminate(interactionId: string): void;
}

interface Running {
  readonly login: LoginStart;
  waiting: string | undefined;
  readonly answers: Map<string, Next>;
  queue: Promise<unknown>;
}

/** @param activities asked for when a move comes, so that they may be made after this */
export function createDirectLogins(activities: () => AuthenticationActivities): DirectLogins {
  const logins = new Map<string, Running>();
  const terminated = new Set<string>();
  const ended = new Map<string, LoginOutcome | undefined>();
  let failing: { times: number; readonly when: 'before' | 'after' } = { times: 0, when: 'before' };

  async function take(login: LoginStart, running: Running, move: LoginMove): Promise<Next | undefined> {
    const known = running.answers.get(move.updateId);
    if (known !== undefined) return known;
    const step = stepCompletedBy(updateOf(move.step), running.waiting);
    if (step === undefined) return undefined;
    const platform = activities();
    const answer = await goOn(running, step, await done(step, () => run(platform, login, step, move)));
    const next = nextFor(answer) ?? { kind: 'step', step };
    running.answers.set(move.updateId, next);
    return next;
  }

  /** What the workflow does by itself after an answer. */
  async function goOn(running: Running, step: string, first: StepAnswer): Promise<StepAnswer> {
    const platform = activities();
    const { login } = running;
    let answer = first;
    if (answer.kind === 'remaining' && answer.steps[0] === scriptStep)
      answer = await done(scriptStep, () => platform.runScript(login));
    if (answer.kind === 'remaining' && answer.steps.length === 0)
      answer = await done(step, () => platform.commit(login));
    if (answer.kind === 'committed') ended.set(login.interactionId, { outcome: answer.outcome, reason: answer.reason });
    running.waiting = answer.kind === 'committed' ? undefined : upcomingStep(answer);
    return answer;
  }

  return {
    ended,
    async wake() {
      for (const running of logins.values())
        if (running.waiting === scriptStep) await goOn(running, scriptStep, { kind: 'remaining', steps: [scriptStep] });
    },
    failNext(times, when) {
      failing = { times, when };
    },
    async advance(login, moves) {
      const fails = failing.times > 0;
      if (fails) failing.times -= 1;
      if (fails && failing.when === 'before') throw new WorkflowsUnavailable('told to be away');
      if (terminated.has(login.interactionId)) throw new LoginMoved('the login was terminated', { over: true });
      let running = logins.get(login.interactionId);
      if (running === undefined) {
        running = { login, waiting: login.firstStep, answers: new Map(), queue: Promise.resolve() };
        logins.set(login.interactionId, running);
        ended.set(login.interactionId, undefined);
      }
      const mine = running;
      const last = moves.at(-1);
      const turn = mine.queue.then(() => (last === undefined ? undefined : take(login, mine, last)));
      mine.queue = turn.catch(() => undefined);
      const answer = await turn;
      if (fails) throw new WorkflowsUnavailable('the answer was told to be lost');
      if (answer === undefined) throw new LoginMoved('the login does not wait for this');
      return answer;
    },
    terminate(interactionId) {
      terminated.add(interactionId);
    },
    async endedElsewhere(interactionId) {
      await Promise.resolve();
      if (ended.has(interactionId) && ended.get(interactionId) === undefined)
        ended.set(interactionId, { outcome: 'denied', reason: 'told' });
    },
  };
}

function run(
  platform: AuthenticationActivities,
  login: LoginStart,
  step: string,
  move: LoginMove,
): Promise<StepAnswer> {
  const { proofId } = move;
  if (step === authenticateStep) return platform.establishPerson(login, { proofId });
  return step === consentStep
    ? platform.decideConsent(login, { proofId })
    : platform.passStep(login, step, { proofId });
}

/** As the workflow: what cannot be done is a step to be repeated. */
async function done(step: string, work: () => Promise<StepAnswer>): Promise<StepAnswer> {
  try {
    return await work();
  } catch {
    return { kind: 'refused', step, reason: unavailable };
  }
}
