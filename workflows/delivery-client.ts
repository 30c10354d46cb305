/** The server's door to durable deliveries: starts one for a row, once, however often it is asked. */
import { Client, WorkflowExecutionAlreadyStartedError, type WorkflowStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { callFailure } from './call-failure.ts';
import { lazyConnection, type Cluster } from './connection.ts';
import { deliverySearchAttributes, type DeliveryOutcome, type DeliveryStart } from './contract/delivery.ts';
import type { KeyRing } from './contract/key-ring.ts';
import { createDataConverter } from './data-converter.ts';
import { WorkflowsUnavailable } from './errors.ts';

export interface DeliveryClientOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly keys: KeyRing;
  /** Milliseconds that a start may take; 5 s by default. */
  readonly timeoutMs?: number;
}

export interface DeliveryClient {
  /**
   * Starts the delivery, or finds that it was started before.
   * @returns `over` when its workflow has closed, whatever the row says
   * @throws WorkflowsUnavailable when Temporal did not answer in time: it is to be started again later
   */
  start(delivery: DeliveryStart): Promise<'running' | 'over'>;
  close(): Promise<void>;
}

type DeliveryWorkflow = (delivery: DeliveryStart) => Promise<DeliveryOutcome>;

const tenant = defineSearchAttributeKey(deliverySearchAttributes.tenant, 'KEYWORD');
const kind = defineSearchAttributeKey(deliverySearchAttributes.kind, 'KEYWORD');

/** A delivery ends itself; this much later Temporal ends one that no worker could run. */
const graceMs = 24 * 60 * 60 * 1000;

export function createDeliveryClient(options: DeliveryClientOptions): DeliveryClient {
  const { namespace, taskQueue, timeoutMs = 5000 } = options;
  const connection = lazyConnection(options.cluster);
  const { workflow } = new Client({ connection, namespace, dataConverter: createDataConverter(options.keys) });
  let closed = false;
  return {
    async start(delivery) {
      if (closed) throw new WorkflowsUnavailable('the delivery client is closed');
      try {
        await connection.withDeadline(Date.now() + timeoutMs, () =>
          workflow.start<DeliveryWorkflow>('delivery', startOptions(delivery, taskQueue)),
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

function startOptions(delivery: DeliveryStart, taskQueue: string) {
  return {
    workflowId: delivery.deliveryId,
    args: [delivery],
    taskQueue,
    // A second start under the same id would be a second message.
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowExecutionTimeout: delivery.lifetimeMs + graceMs,
    staticSummary: `${delivery.owner === undefined ? 'Message' : 'Delivery'} ${delivery.kind} (${delivery.tenantId})`,
    typedSearchAttributes: [
      { key: tenant, value: delivery.tenantId },
      { key: kind, value: delivery.kind },
    ],
  } satisfies WorkflowStartOptions<DeliveryWorkflow> & { workflowIdConflictPolicy: string };
}
