/** The page of an integrator's on which the people of a workspace decide what an application gets, in place of ours. */
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';

export interface ServerConsent {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** Where people are sent, with `login_id` and `login_state` in the query. */
  readonly url: string;
  /** Of the workspace `system`: by its tokens the page reads the request and answers it, and nobody else does. */
  readonly clientId: ClientId;
}

export interface ServerConsentStore {
  /** Undefined where the workspace has our own page. */
  find(tenant: TenantId, workspace: WorkspaceId): Promise<ServerConsent | undefined>;
  /** @throws PlatformError `conflict` where the workspace has one, `not_found` without such a workspace */
  insert(consent: ServerConsent): Promise<void>;
  /** @param before the client that the page has had. @throws PlatformError `conflict` where it has another one by now */
  update(consent: ServerConsent, before: ClientId): Promise<void>;
  remove(tenant: TenantId, workspace: WorkspaceId): Promise<void>;
}
