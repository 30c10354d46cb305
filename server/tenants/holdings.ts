/** Everything a tenant or a workspace holds, in whatever room: what has to go with it. */
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';

export interface HoldingsStore {
  /** Removes the workspace and all it holds. Its audit events stay: they tell that it was there. */
  removeWorkspace(tenant: TenantId, workspace: WorkspaceId): Promise<void>;
  /** Removes by what somebody could be let in to a tenant: clients, idps, roles and the keys of its tokens. */
  closeTenant(tenant: TenantId): Promise<void>;
  /**
   * Removes up to `limit` rows of a tenant that is marked as removed, whatever they are; and with the last of them the tenant,
   * its events and its keys: what was encrypted under them is unreadable.
   * @param of the one that was marked first where it is left out
   * @returns how many; fewer than `limit` once that tenant is gone, or there is none
   */
  removeSome(limit: number, of?: TenantId): Promise<number>;
}
