/** A web application of an integrator's that takes a person aside in the middle of their login, and sends them back. */
import type { ClientId, CustomAppId, IdpId, TenantId, WorkspaceId } from '../kernel/ids.ts';

export interface CustomApp {
  readonly tenantId: TenantId;
  /** Whose idps it can be bound to. */
  readonly workspaceId: WorkspaceId;
  readonly id: CustomAppId;
  readonly name: string;
  /** Where people are sent, with `login_id` and `login_state` in the query. */
  readonly url: string;
  /** Of the workspace `system`: by its tokens the application reads the login and answers it, and nobody else does. */
  readonly clientId: ClientId;
}

/** The one type that is published. */
export const customAppType = 'post-authn';

/** Of a workspace. */
export const mostCustomApps = 100;

export interface CustomAppStore {
  find(tenant: TenantId, workspace: WorkspaceId, id: CustomAppId): Promise<CustomApp | undefined>;
  /** The same, held by the transaction until its end: nobody else changes it meanwhile. */
  findHeld(tenant: TenantId, workspace: WorkspaceId, id: CustomAppId): Promise<CustomApp | undefined>;
  /** All of a workspace, by id: a hundred at most. */
  list(tenant: TenantId, workspace: WorkspaceId): Promise<readonly CustomApp[]>;
  /** Idps that send their people to it. */
  boundTo(tenant: TenantId, workspace: WorkspaceId, id: CustomAppId): Promise<readonly IdpId[]>;
  /** @throws PlatformError `conflict`, `not_found` without such a workspace */
  insert(app: CustomApp): Promise<void>;
  /** @throws PlatformError `not_found` */
  update(app: CustomApp): Promise<void>;
  remove(tenant: TenantId, workspace: WorkspaceId, id: CustomAppId): Promise<void>;
}
