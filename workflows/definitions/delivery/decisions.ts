/** The `if`s of a delivery that are worth a test: pure, and free of Temporal. */
import type { Attempt, Attempted, DeliveryOutcome, DeliveryStart } from '../../contract/delivery.ts';

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
  /** How often in a row there was no place for a try. */
  readonly put: number;
  /** The least rest that was asked for after the last one. Milliseconds. */
  readonly leastPauseMs: number;
}

/** Tries at a destination before the next one has its turn. */
export const triesInTurn = 4;
const firstPauseMs = 2_000;
/** So that the history of what is good for a month stays short. */
const longestPauseMs = 3_600_000;
/** Between two looks whether there is a place. */
const longestPutOffMs = 15 * 60_000;

export function newCourse(destinations: number): Course {
  const failures = Array.from({ length: Math.max(1, destinations) }, () => 0);
  return { tries: 0, failures, destination: 0, inTurn: 0, reason: 'not_tried', put: 0, leastPauseMs: 0 };
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
  const leastPauseMs = answer.kind === 'failed' ? (answer.retryAfterMs ?? 0) : 0;
  const since = { tries, failures, reason, put: 0, leastPauseMs };
  if (!isRefused && inTurn < triesInTurn) return { ...since, destination, inTurn };
  for (let step = 1; step <= failures.length; step += 1) {
    const next = (destination + step) % failures.length;
    if (failures[next] !== undefined) return { ...since, destination: next, inTurn: 0 };
  }
  return undefined;
}

/** After a try for which there was no place: the same one again, a while later. */
export function courseAfterNone(course: Course, { afterMs }: Extract<Attempted, { afterMs: number }>): Course {
  // Twice as long each time, so that the history of one that waits for days stays short.
  const pause = Math.min(afterMs * 2 ** Math.min(course.put, 20), longestPutOffMs);
  return { ...course, put: course.put + 1, leastPauseMs: pause };
}

/**
 * How long to rest before the next try: not at all at a destination that never failed, then longer each time, and never
 * longer than a tenth of the whole time, so that a provider that comes back late is still asked.
 * @param chance from 0 up to 1
 * @returns milliseconds
 */
export function pauseBefore(
  { failures, destination, put, leastPauseMs }: Course,
  { lifetimeMs, retry }: Pick<DeliveryStart, 'lifetimeMs' | 'retry'>,
  chance = 0,
): number {
  const failed = failures[destination] ?? 0;
  // It rested after its last failure; then there was no place for it.
  if (put > 0) return Math.round(leastPauseMs * (1 - chance / 2));
  if (failed === 0) return 0;
  const { firstMs, longestMs, jitter } = retry ?? { firstMs: firstPauseMs, longestMs: longestPauseMs, jitter: 0 };
  const longest = Math.max(firstMs, Math.min(longestMs, Math.floor(lifetimeMs / 10)));
  const pause = Math.min(firstMs * 2 ** Math.min(failed - 1, 30), longest);
  return Math.max(Math.round(pause * (1 - jitter * chance)), Math.min(leastPauseMs, longest));
}

/**
 * What stands for chance: another number for each delivery and each rest of it, and the same one in a replay.
 * @returns from 0 up to 1
 */
export function chanceOf(
  { deliveryId }: Pick<DeliveryStart, 'deliveryId'>,
  { tries, put }: Pick<Course, 'tries' | 'put'>,
): number {
  // FNV-1a, 32 bits, and the last step of MurmurHash3: neighbours are to be far apart.
  let hash = 0x811c9dc5;
  for (const character of `${deliveryId} ${String(tries)} ${String(put)}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
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
