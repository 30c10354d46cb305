/** What events tell of somebody's earlier logins: enough to judge one by, at a price that does not grow with what happened. */
import type { TenantId, UserId, WorkspaceId } from '../kernel/ids.ts';

/** Whose, and where. */
export interface LoginHistoryOf {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly subject: string;
  /** Undefined for who is in no pool: nothing tells of wrong answers for them. */
  readonly userId: UserId | undefined;
}

export interface LoginHistory {
  /** That came to an end, among the last `eventsLookedAt` events of the person. */
  readonly logins: number;
  /** The last of them. Milliseconds since the epoch. */
  readonly lastLoginAt?: number;
  /** Wrong answers for them within `failureWindowMs`, among as many events. Anybody can give one. */
  readonly failures?: number;
}

export interface LoginHistoryStore {
  /** @param now milliseconds since the epoch */
  find(person: LoginHistoryOf, now: number): Promise<LoginHistory>;
}

/** Whatever they tell of. */
export const eventsLookedAt = 200;
export const failureWindowMs = 24 * 60 * 60_000;
