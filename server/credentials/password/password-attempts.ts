/** Slows guessing of passwords outside of logins, and counts it together with them. */
import { guessKeys, type Countable, type GuessKeys, type ThrottleStore } from '../../interactions/throttle.ts';
import type { Clock } from '../../kernel/clock.ts';
import { PlatformError } from '../../kernel/errors.ts';
import type { PoolId, TenantId, UserId } from '../../kernel/ids.ts';

/** As logins count passwords. @param typed for them, in its normal form */
export const passwordGuesses = (pool: PoolId, person: UserId | undefined, typed: string): GuessKeys =>
  guessKeys('pwd', pool, person, typed);

export interface PasswordAttempts {
  /**
   * Counts an attempt before it is made: many at once are as slow as one after the other.
   * @param attempt given whether it is refused without a word: then it costs the same, and is wrong
   * @param isRight whether what it came to was no failure, which forgets those before it
   * @throws PlatformError `too_many_requests` without making it; what `attempt` throws, which then counts for nothing
   */
  count<T>(
    tenant: TenantId,
    under: readonly Countable[],
    attempt: (isRefused: boolean) => Promise<T>,
    isRight: (outcome: T) => boolean,
  ): Promise<T>;
}

export function createPasswordAttempts(deps: {
  readonly throttle: ThrottleStore;
  readonly clock: Clock;
}): PasswordAttempts {
  const { throttle, clock } = deps;
  return {
    async count(tenant, under, attempt, isRight) {
      const now = clock.now();
      const counted = await throttle.countAttempt(tenant, under, now);
      if (counted.kind === 'blocked') {
        const retryAfterSeconds = Math.ceil((counted.until - now) / 1000);
        throw new PlatformError('too_many_requests', 'Too many wrong passwords. Wait before you try again.', {
          retryAfterSeconds,
        });
      }
      let outcome;
      try {
        outcome = await attempt(counted.isRefused === true);
      } catch (error) {
        await throttle.takeBack(tenant, under, now);
        throw error;
      }
      if (isRight(outcome)) await throttle.forgive(tenant, under, [], now);
      return outcome;
    },
  };
}
