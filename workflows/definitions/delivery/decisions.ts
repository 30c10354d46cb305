/** The `if`s of a delivery that are worth a test: pure, and free of Temporal. */
import type { Attempt, Attempted, DeliveryOutcome } from '../../contract/delivery.ts';

/** What is known of the tries so far. */
export interface Course {
  /** How many tries there were. */
  readonly tries: number;
  /** Of each destination: how often it failed; undefined once it has refused for good. */
  readonly failures: readonly (number | undefined)[];
  /** Where the next try goes. */
  readonly destination: number;
  /** Tries at this destination since it became its turn. */
  readonly inTurn: number;
  /** Why the last one failed. */
  readonly reason: string;
}

/** Tries at a destination before the next one has its turn. */
export const triesInTurn = 4;
const firstPauseMs = 2_000;
/** So that the history of what is good for a month stays short. */
const longestPauseMs = 3_600_000;

export function newCourse(destinations: number): Course {
  const failures = Array.from({ length: Math.max(1, destinations) }, () => 0);
  return { tries: 0, failures, destination: 0, inTurn: 0, reason: 'not_tried' };
}

export function attemptOf({ tries, destination }: Course): Attempt {
  return { number: tries + 1, destination };
}

/**
 * After a try that failed: its destination again, or after a few of them the next one that has not refused, in a circle.
 * @returns undefined when every destination has refused
 */
export function courseAfter(course: Course, answer: Extract<Attempted, { reason: string }>): Course | undefined {
  const { destination } = course;
  const isRefused = answer.kind === 'refused';
  const failures = course.failures.map((count, at) =>
    at === destination && count !== undefined ? (isRefused ? undefined : count + 1) : count,
  );
  const tries = course.tries + 1;
  const inTurn = course.inTurn + 1;
  const { reason } = answer;
  if (!isRefused && inTurn < triesInTurn) return { tries, failures, destination, inTurn, reason };
  for (let step = 1; step <= failures.length; step += 1) {
    const next = (destination + step) % failures.length;
    if (failures[next] !== undefined) return { tries, failures, destination: next, inTurn: 0, reason };
  }
  return undefined;
}

/**
 * How long to rest before the next try: not at all at a destination that never failed, then longer each time, and never
 * longer than a tenth of the whole time, so that a provider that comes back late is still asked.
 * @returns milliseconds
 */
export function pauseBefore({ failures, destination }: Course, lifetimeMs: number): number {
  const failed = failures[destination] ?? 0;
  if (failed === 0) return 0;
  const longest = Math.max(firstPauseMs, Math.min(longestPauseMs, Math.floor(lifetimeMs / 10)));
  return Math.min(firstPauseMs * 2 ** Math.min(failed - 1, 30), longest);
}

/** What the Temporal UI shows while a delivery rests. */
export function restingDetails({ tries, destination, reason }: Course, since: string, pauseMs: number): string {
  const where = destination === 0 ? '' : ` at fallback ${String(destination)}`;
  const pause = `${String(Math.ceil(pauseMs / 1000))} s`;
  return `**Waiting to try again${where}** for ${pause} since ${since}, attempt ${String(tries + 1)} (last: ${reason})`;
}

/** What the Temporal UI shows while a try is under way. */
export function tryingDetails({ number, destination }: Attempt): string {
  const where = destination === 0 ? 'the address' : `fallback ${String(destination)}`;
  return `**Sending to ${where}**, attempt ${String(number)}`;
}

/** What the Temporal UI shows of a delivery that has ended. */
export function endedDetails({ outcome, reason }: DeliveryOutcome): string {
  return `**Ended: ${outcome}**${outcome === 'delivered' ? '' : ` (${reason})`}`;
}
