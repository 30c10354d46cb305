/** What the doors to workflows of a row share: each is begun once, however often it is asked for, within a time. */
import { Client, WorkflowExecutionAlreadyStartedError, type WorkflowClient } from '@temporalio/client';
import { callFailure } from './call-failure.ts';
import { lazyConnection, type Cluster } from './connection.ts';
import type { KeyRing } from './contract/key-ring.ts';
import { createDataConverter } from './data-converter.ts';
import { WorkflowsUnavailable } from './errors.ts';

export interface RowClientOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly keys: KeyRing;
  /** Milliseconds that a call may take; 5 s by default. */
  readonly timeoutMs?: number;
}

export interface RowClient {
  /**
   * @param call starts the workflow under the id of its row, and rejects a second one
   * @returns `over` when the workflow has closed, whatever the row says
   * @throws WorkflowsUnavailable when Temporal did not answer in time: it is to be asked again later
   */
  begin(call: (workflow: WorkflowClient) => Promise<unknown>): Promise<'running' | 'over'>;
  close(): Promise<void>;
}

/** A workflow ends itself; so much later Temporal ends one that no worker could run. Milliseconds. */
export const graceMs = 24 * 60 * 60 * 1000;

/** Opens the door. Temporal need not be there: it is looked for with every call. */
export function createRowClient(options: RowClientOptions): RowClient {
  const { namespace, timeoutMs = 5000 } = options;
  const connection = lazyConnection(options.cluster);
  const { workflow } = new Client({ connection, namespace, dataConverter: createDataConverter(options.keys) });
  let closed = false;
  return {
    async begin(call) {
      if (closed) throw new WorkflowsUnavailable('the client is closed');
      try {
        await connection.withDeadline(Date.now() + timeoutMs, () => call(workflow));
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
