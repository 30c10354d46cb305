/** Taking back all that somebody had in a workspace: from when on a login of theirs counts again. */
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';

export interface RevocationStore {
  /**
   * Inside a transaction it stays as it is until that ends: no login commits beside a revocation.
   * @returns milliseconds since the epoch; undefined where nothing was taken back
   */
  notBefore(tenant: TenantId, workspace: WorkspaceId, subject: string): Promise<number | undefined>;
  /** @param until when no login from before can be known any more. Milliseconds since the epoch, both */
  revoke(tenant: TenantId, workspace: WorkspaceId, subject: string, at: number, until: number): Promise<void>;
}
