/** Slows guessing: failures are counted per person and per network address, outside of any one login. */
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
  | { readonly kind: 'counted' }
  /** Not counted: whoever waits it out loses nothing by having asked. @see `until` milliseconds since the epoch */
  | { readonly kind: 'blocked'; readonly until: number };

/** What an attempt is counted under: somebody, or somewhere. */
export interface Countable {
  readonly key: string;
  readonly policy: ThrottlePolicy;
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
   * attempts at the same time, no more are counted than one after the other would be. Blocked under one, it is counted
   * under none.
   * @param under in an order that all callers keep: two that lock the same keys in different ones wait for each other
   */
  countAttempt(tenant: TenantId, under: readonly Countable[], now: number): Promise<CountedAttempt>;
  /** Undoes one attempt that was counted at `at` and was no failure, with the delay that it brought. */
  takeBack(tenant: TenantId, under: readonly Countable[], at: number): Promise<void>;
  /** Undoes an attempt as `takeBack` does, and forgets every failure of a key. */
  forgive(tenant: TenantId, forgotten: string, under: readonly Countable[], at: number): Promise<void>;
}
