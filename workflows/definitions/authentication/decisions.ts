/** The `if`s of a login that are worth a test: pure, and free of Temporal. */
import {
  authenticateStep,
  isAppStep,
  scriptStep,
  updateOf,
  type LoginOutcome,
  type Next,
  type StepAnswer,
} from '../../contract/authentication.ts';

/** The step the person is asked for after an answer; undefined when nothing is left but the commit. */
export function upcomingStep(answer: Exclude<StepAnswer, { kind: 'committed' }>): string | undefined {
  return answer.kind === 'refused' ? answer.step : answer.steps[0];
}

/** Milliseconds for which the upcoming step is waited for; undefined: as long as the login lives. */
export function timeFor(answer: StepAnswer): number | undefined {
  return answer.kind === 'remaining' ? answer.withinMs : undefined;
}

/** The longest pause before a script is tried again that could not be run. Milliseconds. */
const longestPauseMs = 30 * 60_000;

/**
 * Milliseconds until the script is run that is the upcoming step; 0: at once.
 * @param failures how often in a row it could not be run
 */
export function restBefore(answer: Exclude<StepAnswer, { kind: 'committed' }>, failures: number): number {
  if (answer.kind === 'remaining') return answer.restMs ?? 0;
  return failures === 0 ? 0 : Math.min(5000 * 2 ** (failures - 1), longestPauseMs);
}

/** What the browser is told after an answer; undefined while the workflow still has something to do by itself. */
export function nextFor(answer: StepAnswer): Next | undefined {
  if (answer.kind === 'committed') return { kind: 'committed', outcome: answer.outcome };
  if (answer.kind === 'refused') return answer;
  const step = answer.steps[0];
  if (step === scriptStep && answer.restMs === undefined) return undefined;
  return step === undefined ? undefined : { kind: 'step', step };
}

/**
 * The step an Update completes while the login waits for `waiting`, or undefined when it is not waited for.
 * Proving the first factor is always welcome: it may have gone stale while the person was away.
 */
export function stepCompletedBy(update: string, waiting: string | undefined): string | undefined {
  if (waiting === undefined) return undefined;
  // No person completes a script's step.
  if (waiting !== scriptStep && update === updateOf(waiting)) return waiting;
  return update === updateOf(authenticateStep) ? authenticateStep : undefined;
}

/** What the Temporal UI shows while a login waits. */
export function waitingDetails(step: string, since: string): string {
  const what =
    step === authenticateStep
      ? 'the person to prove who they are'
      : step === scriptStep
        ? 'the script to go on'
        : isAppStep(step)
          ? 'the person to come back from the custom application'
          : `the person at the step \`${step}\``;
  return `**Waiting for ${what}** since ${since}`;
}

/** Why a login did not end well: for operations to search by. Undefined for one that did. */
export function denyReasonOf({ outcome, reason }: LoginOutcome): string | undefined {
  return outcome === 'granted' ? undefined : reason;
}

/** What the Temporal UI shows of a login that has ended. */
export function endedDetails(end: LoginOutcome): string {
  const reason = denyReasonOf(end);
  return `**Ended: ${end.outcome}**${reason === undefined ? '' : ` (${reason})`}`;
}
