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

export interface ThrottleStore {
  /** @returns the time (ms since the epoch) until which this key is refused, or 0 */
  blockedUntil(tenant: TenantId, key: string): Promise<number>;
  /** Counts one failure and answers the time until which the key is refused from now on, or 0. */
  recordFailure(tenant: TenantId, key: string, policy: ThrottlePolicy, now: number): Promise<number>;
  clear(tenant: TenantId, key: string): Promise<void>;
}
