/** A set of people of one tenant, and how they may prove who they are. */
import type { PoolId, TenantId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

export interface Pool {
  readonly tenantId: TenantId;
  readonly id: PoolId;
  readonly name: string;
  /** Identifiers differ by case only when false. Published `identifier_case_insensitive`. */
  readonly identifierCaseInsensitive: boolean;
  readonly authenticationMechanisms: readonly 'password'[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface PoolStore {
  find(tenant: TenantId, id: PoolId): Promise<Pool | undefined>;
  list(tenant: TenantId, query: PageQuery): Promise<Page<Pool>>;
  /** @throws PlatformError `conflict` */
  insert(pool: Pool): Promise<void>;
  update(pool: Pool): Promise<void>;
  remove(tenant: TenantId, id: PoolId): Promise<void>;
}
