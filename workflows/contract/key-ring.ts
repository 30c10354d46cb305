/** Where the keys that encrypt Temporal's payloads come from: one per login, so that one person can be erased. */

export interface KeyRing {
  /** The key that a workflow's payloads are encrypted with. Asked for each payload that is written: cache it. */
  forWorkflow(namespace: string, workflowId: string): Promise<WorkflowKey | undefined>;
  /** The key of an encrypted payload; undefined once it was erased. Asked for each payload that is read: cache it. */
  byId(id: string): Promise<OwnedKey | undefined>;
}

export interface WorkflowKey {
  /** Stands in clear beside every payload: random, never derived from a person or a login. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface OwnedKey {
  readonly key: Uint8Array;
  readonly workflowId: string;
  readonly tenantId: string;
}
