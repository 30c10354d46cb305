/** A person in a pool, and the payload claims are made from. */
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

export type UserStatus = 'new' | 'active' | 'inactive' | 'deleted';

export interface User {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly id: UserId;
  readonly status: UserStatus;
  /** Profile members by their OIDC names (`name`, `given_name`, `email`, …; OIDC Core §5.1). */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface UserStore {
  find(tenant: TenantId, pool: PoolId, id: UserId): Promise<User | undefined>;
  list(tenant: TenantId, pool: PoolId, query: PageQuery): Promise<Page<User>>;
  /** @throws PlatformError `conflict` */
  insert(user: User): Promise<void>;
  update(user: User): Promise<void>;
  remove(tenant: TenantId, pool: PoolId, id: UserId): Promise<void>;
}
