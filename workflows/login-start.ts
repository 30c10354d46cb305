/** How a login's workflow is started: once for each interaction, readable for operations, and never for ever. */
import type { WorkflowStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { searchAttributes, type LoginOutcome, type LoginStart } from './contract/authentication.ts';

export type AuthenticationWorkflow = (login: LoginStart) => Promise<LoginOutcome>;

const tenant = defineSearchAttributeKey(searchAttributes.tenant, 'KEYWORD');
const workspace = defineSearchAttributeKey(searchAttributes.workspace, 'KEYWORD');
const client = defineSearchAttributeKey(searchAttributes.client, 'KEYWORD');
const step = defineSearchAttributeKey(searchAttributes.step, 'KEYWORD');

/** A login ends itself; this much later Temporal ends one that no worker could run, say because its key was erased. */
const graceMs = 24 * 60 * 60 * 1000;

export function startOptions(login: LoginStart, taskQueue: string) {
  return {
    workflowId: login.interactionId,
    args: [login],
    taskQueue,
    // A second start under the same id would be a second login. The default lets one begin when the first has closed.
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    // How long a dead worker goes unnoticed by the person who waits: 10 s with the default. Not less: on a busy machine
    // workers that live would be taken for dead, and every task taken twice keeps it busy.
    workflowTaskTimeout: '2s',
    workflowExecutionTimeout: login.lifetimeMs + graceMs,
    staticSummary: `Sign-in to ${login.title} (${login.tenantId}/${login.workspaceId})`,
    typedSearchAttributes: [
      { key: tenant, value: login.tenantId },
      { key: workspace, value: login.workspaceId },
      { key: client, value: login.clientId },
      { key: step, value: login.firstStep },
    ],
  } satisfies WorkflowStartOptions<AuthenticationWorkflow> & { workflowIdConflictPolicy: string };
}
