/** Slows guessing: failures are counted per person and per network address, outside of any one login. */
import { createHash } from 'node:crypto';
import type { TenantId } from '../kernel/ids.ts';

export interface ThrottlePolicy {
  /** Failures that cost nothing. */
  readonly free: number;
  /** Delay after the first failure beyond the free ones; doubles with each. Milliseconds. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Failures older than this are forgotten. Milliseconds. */
  readonly windowMs: number;
}

export const personPolicy: ThrottlePolicy = {
  free: 5,
  baseDelayMs: 5_000,
  maxDelayMs: 15 * 60_000,
  windowMs: 60 * 60_000,
};
/**
 * Under whatever names a person is guessed at. Nobody is told of this one: who is slowed under one name after guesses under
 * another knows that both are one person. One name alone never gets so far.
 */
export const acrossNamesPolicy: ThrottlePolicy = { ...personPolicy, free: 25 };
export const addressPolicy: ThrottlePolicy = {
  free: 50,
  baseDelayMs: 1_000,
  maxDelayMs: 5 * 60_000,
  windowMs: 15 * 60_000,
};

/** How long to refuse after this many failures within the window. Milliseconds, 0 for not at all. */
export function delayAfter(failures: number, policy: ThrottlePolicy): number {
  const beyond = failures - policy.free;
  if (beyond <= 0) return 0;
  return Math.min(policy.baseDelayMs * 2 ** Math.min(beyond - 1, 30), policy.maxDelayMs);
}

/** Whether a guess may be verified at all. */
export type CountedAttempt =
  /** @see `isRefused` it is blocked under something quiet: it is answered, and costs, what a wrong one does */
  | { readonly kind: 'counted'; readonly isRefused?: true }
  /** Not counted: whoever waits it out loses nothing by having asked. @see `until` milliseconds since the epoch */
  | { readonly kind: 'blocked'; readonly until: number };

/** What an attempt is counted under: somebody, or somewhere. */
export interface Countable {
  readonly key: string;
  readonly policy: ThrottlePolicy;
  /** Nobody is told that it is blocked. */
  readonly isQuiet?: true;
}

/** What guesses at what somebody has of one kind are counted under, in this order. */
export interface GuessKeys {
  /** What was typed for them, in one form: blocked aloud, whoever that is. */
  readonly typed: Countable;
  /** Who they are; nobody is who was typed. */
  readonly person: Countable & { readonly isQuiet: true };
}

/**
 * @param place the pool, or the list, that they are looked for in. @param typed see `typedForm`
 * @param device of theirs: guesses from there are counted apart
 */
export function guessKeys(
  kind: string,
  place: string,
  person: string | undefined,
  typed: string,
  device?: string,
): GuessKeys {
  const digest = createHash('sha256').update(typed).digest('base64url');
  const [name, who] = [`${kind}:${place}:typed:${digest}`, `${kind}:${place}:${person ?? digest}`];
  const at = device === undefined ? '' : `:${device}`;
  return {
    typed: { key: name + at, policy: personPolicy },
    person: { key: who + at, policy: acrossNamesPolicy, isQuiet: true },
  };
}

/** So many at once, and so many a minute in the long run. */
export interface Allowance {
  readonly burst: number;
  readonly perMinute: number;
}

export interface ThrottleStore {
  /**
   * Takes one of what a key may have, whichever process asks: of any number at the same time, no more are given than one
   * after the other would be.
   * @returns false where there is none left; nothing is taken then
   */
  take(tenant: TenantId, key: string, allowance: Allowance, now: number): Promise<boolean>;
  /**
   * Counts an attempt as a failure before it is verified, in one step with the look at the delays: of any number of
   * attempts at the same time, no more are counted than one after the other would be. Blocked under one that is not quiet,
   * it is counted under none.
   * @param under in an order that all callers keep: two that lock the same keys in different ones wait for each other
   */
  countAttempt(tenant: TenantId, under: readonly Countable[], now: number): Promise<CountedAttempt>;
  /** Undoes one attempt that was counted at `at` and was no failure, with the delay that it brought. */
  takeBack(tenant: TenantId, under: readonly Countable[], at: number): Promise<void>;
  /** Undoes an attempt as `takeBack` does, and forgets every failure of some keys. */
  forgive(
    tenant: TenantId,
    forgotten: readonly Pick<Countable, 'key'>[],
    under: readonly Countable[],
    at: number,
  ): Promise<void>;
}
