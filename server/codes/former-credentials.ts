/** What a person could sign in with before an address was shown to be theirs: somebody else may have set it. */
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';

export interface FormerCredentialsStore {
  drop(tenant: TenantId, pool: PoolId, user: UserId): Promise<void>;
}
