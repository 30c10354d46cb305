/** The server's door to durable approvals: starts one for a row, once, and says that somebody decided. */
import type { WorkflowSignalWithStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  approvalDecided,
  approvalSearchAttributes,
  type ApprovalOutcome,
  type ApprovalStart,
} from './contract/approval.ts';
import { createRowClient, graceMs, type RowClientOptions } from './row-client.ts';

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

export function createApprovalClient(options: RowClientOptions): ApprovalClient {
  const { begin, close } = createRowClient(options);
  return {
    look: (approval) =>
      begin((workflow) =>
        workflow.signalWithStart<ApprovalWorkflow>('approval', startOptions(approval, options.taskQueue)),
      ),
    close,
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
