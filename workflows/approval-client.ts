/** The server's door to durable approvals: starts one for a row, once, and says that somebody decided. */
import { Client, WorkflowExecutionAlreadyStartedError, type WorkflowSignalWithStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { callFailure } from './call-failure.ts';
import { lazyConnection, type Cluster } from './connection.ts';
import {
  approvalDecided,
  approvalSearchAttributes,
  type ApprovalOutcome,
  type ApprovalStart,
} from './contract/approval.ts';
import type { KeyRing } from './contract/key-ring.ts';
import { createDataConverter } from './data-converter.ts';
import { WorkflowsUnavailable } from './errors.ts';

export interface ApprovalClientOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly keys: KeyRing;
  /** Milliseconds that a call may take; 5 s by default. */
  readonly timeoutMs?: number;
}

export interface ApprovalClient {
  /**
   * Has the approval look at its row, and starts it where it does not run yet. Asked again it looks again.
   * @returns `over` when its workflow has closed, whatever the row says
   * @throws WorkflowsUnavailable when Temporal did not answer in time: it is to be asked again later
   */
  look(approval: ApprovalStart): Promise<'running' | 'over'>;
  close(): Promise<void>;
}

type ApprovalWorkflow = (approval: ApprovalStart) => Promise<ApprovalOutcome>;

const tenant = defineSearchAttributeKey(approvalSearchAttributes.tenant, 'KEYWORD');
const workspace = defineSearchAttributeKey(approvalSearchAttributes.workspace, 'KEYWORD');
const client = defineSearchAttributeKey(approvalSearchAttributes.client, 'KEYWORD');

/** An approval ends itself; this much later Temporal ends one that no worker could run. */
const graceMs = 24 * 60 * 60 * 1000;

export function createApprovalClient(options: ApprovalClientOptions): ApprovalClient {
  const { namespace, taskQueue, timeoutMs = 5000 } = options;
  const connection = lazyConnection(options.cluster);
  const { workflow } = new Client({ connection, namespace, dataConverter: createDataConverter(options.keys) });
  let closed = false;
  return {
    async look(approval) {
      if (closed) throw new WorkflowsUnavailable('the approval client is closed');
      try {
        await connection.withDeadline(Date.now() + timeoutMs, () =>
          workflow.signalWithStart<ApprovalWorkflow>('approval', startOptions(approval, taskQueue)),
        );
        return 'running';
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'over';
        throw callFailure(error);
      }
    },
    async close() {
      closed = true;
      await connection.close();
    },
  };
}

function startOptions(approval: ApprovalStart, taskQueue: string) {
  return {
    workflowId: approval.approvalId,
    args: [approval],
    signal: approvalDecided,
    signalArgs: [],
    taskQueue,
    // A second approval under the same id would ask everybody again.
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowExecutionTimeout: approval.lifetimeMs + graceMs,
    staticSummary: `Approval of a sign-in to ${approval.title} (${approval.tenantId}/${approval.workspaceId})`,
    typedSearchAttributes: [
      { key: tenant, value: approval.tenantId },
      { key: workspace, value: approval.workspaceId },
      { key: client, value: approval.clientId },
    ],
  } satisfies WorkflowSignalWithStartOptions & { args: [ApprovalStart] };
}
