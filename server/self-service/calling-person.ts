/** The person behind a token, who acts for themselves. */
import type { ClientId, PoolId, TenantId, UserId, WorkspaceId } from '../kernel/ids.ts';

export interface CallingPerson {
  readonly poolId: PoolId;
  readonly userId: UserId;
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
