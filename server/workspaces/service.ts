/** What applications are given access to: an API, whose scopes stand together on the consent page. */
import type { ServiceId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

export interface Service {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** Unique in the tenant. */
  readonly id: ServiceId;
  readonly name: string;
  readonly description: string;
  /** Named as an audience, too, by structured access tokens that carry one of its scopes (RFC 9068 §3). */
  readonly customAudience?: string | undefined;
  /** What administrators make is `user`; others come with imported configurations. */
  readonly type: string;
  /** Cannot be deleted. */
  readonly isSystem: boolean;
  /** Milliseconds since the epoch. */
  readonly updatedAt: number;
}

/** Of a workspace. */
export const mostServices = 500;

export interface ServiceStore {
  find(tenant: TenantId, id: ServiceId): Promise<Service | undefined>;
  /** The same, held by the transaction until its end: nobody else changes it meanwhile. */
  findHeld(tenant: TenantId, id: ServiceId): Promise<Service | undefined>;
  /** A page of a workspace's, by id; of these types only, where they are given. */
  list(
    tenant: TenantId,
    workspace: WorkspaceId,
    query: PageQuery & { readonly types?: readonly string[] | undefined },
  ): Promise<Page<Service>>;
  /** @throws PlatformError `conflict` */
  insert(service: Service): Promise<void>;
  /** @throws PlatformError `not_found` */
  update(service: Service): Promise<void>;
  remove(tenant: TenantId, id: ServiceId): Promise<void>;
}
