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

export interface ThrottleStore {
  /**
   * Counts an attempt as a failure before it is verified, in one step with the look at the delay: of any number of
   * attempts at the same time, no more are counted than one after the other would be.
   */
  countAttempt(tenant: TenantId, key: string, policy: ThrottlePolicy, now: number): Promise<CountedAttempt>;
  /** Undoes one attempt that was counted at `at` and was no failure, with the delay that it brought. */
  takeBack(tenant: TenantId, key: string, policy: ThrottlePolicy, at: number): Promise<void>;
  /** Forgets every failure of a key. */
  clear(tenant: TenantId, key: string): Promise<void>;
}
