/** Keys that encrypt one workflow's history: wrapped by the tenant's key, that by the deployment's. Deleting one erases. */
import type { TenantId } from '../kernel/ids.ts';

export interface DataKey {
  /** Random; written in clear beside each payload so that a reader knows which key to fetch. */
  readonly id: string;
  readonly tenantId: TenantId;
  readonly workflowId: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface DataKeyStore {
  /** The key of a workflow, made when there is none. Safe to call from several processes at once. */
  ensure(tenant: TenantId, workflowId: string): Promise<DataKey>;
  findByWorkflow(workflowId: string): Promise<DataKey | undefined>;
  findById(id: string): Promise<DataKey | undefined>;
  /** After this the history of that workflow is unreadable for good. */
  remove(tenant: TenantId, workflowId: string): Promise<void>;
}
