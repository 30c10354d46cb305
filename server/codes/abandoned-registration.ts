/** Who registered themselves, never activated, and was looked after by nobody since. */
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';

export interface Registrant {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly id: UserId;
}

export interface AbandonedRegistrationStore {
  /** Of all tenants, the oldest first. @param before when they registered last. Milliseconds since the epoch, as `now` */
  list(before: number, now: number, limit: number): Promise<readonly Registrant[]>;
  /** Of one of them, whether that still holds. */
  isAbandoned(registrant: Registrant, before: number, now: number): Promise<boolean>;
}
