/** Everything a tenant or a workspace holds, in whatever room: what has to go with it. */
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';

export interface HoldingsStore {
  /** Removes the workspace and all it holds. Its audit events stay: they tell that it was there. */
  removeWorkspace(tenant: TenantId, workspace: WorkspaceId): Promise<void>;
  /** Removes the tenant and all it holds, its events and its keys too: what was encrypted under them is unreadable. */
  removeTenant(tenant: TenantId): Promise<void>;
}
