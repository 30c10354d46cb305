/** From when on a proof of a person counts, once their sessions were ended: by a reset, or because they were disabled. */
import type { User } from './user.ts';

/**
 * The `auth_time` of somebody who proves themselves now (OIDC Core §2), in whole seconds. Right after their sessions ended
 * it is the second after: whoever signed in earlier in the same second is told apart by it.
 * @param now milliseconds since the epoch
 */
export function authTimeOf(user: Pick<User, 'sessionsEndedAt'> | undefined, now: number): number {
  return Math.max(Math.floor(now / 1000), Math.ceil((user?.sessionsEndedAt ?? 0) / 1000));
}

/** @param authTime in whole seconds, as `authTimeOf` gave it */
export function isBeforeSessionsEnd(user: Pick<User, 'sessionsEndedAt'>, authTime: number): boolean {
  return authTime * 1000 < (user.sessionsEndedAt ?? 0);
}
