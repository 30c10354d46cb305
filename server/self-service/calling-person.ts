/** The person behind a token, who acts for themselves. */
import { PlatformError } from '../kernel/errors.ts';
import type { ClientId, PoolId, TenantId, UserId, WorkspaceId } from '../kernel/ids.ts';
import { isBeforeSessionsEnd } from '../users/sessions-end.ts';
import type { User } from '../users/user.ts';

export interface CallingPerson {
  readonly poolId: PoolId;
  readonly userId: UserId;
  /** Seconds since the epoch, as in `auth_time`. */
  readonly authTime: number;
  /** Seconds since they proved who they are, in the login that the token comes from. */
  readonly ageSeconds: number;
}

/** What is known of a token that is valid. */
export interface PersonBearer {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly clientId: ClientId;
  readonly subject?: string;
  readonly grantId?: string;
}

/**
 * @returns `nobody` for a client that acts for itself and for who is in no pool; `ended` for somebody who may not be
 *   signed in any more
 */
export type FindCallingPerson = (caller: PersonBearer) => Promise<CallingPerson | 'nobody' | 'ended'>;

/**
 * Asked in the transaction that changes them: whoever was disabled a moment ago, or signed out everywhere by a reset,
 * leaves nothing behind to come back by.
 * @throws PlatformError `forbidden`
 */
export function demandStanding(user: Pick<User, 'status' | 'sessionsEndedAt'>, { authTime }: CallingPerson): void {
  if (user.status !== 'active' || isBeforeSessionsEnd(user, authTime))
    throw new PlatformError('forbidden', 'This login is worth nothing any more.');
}
