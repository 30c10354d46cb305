/** The server's door to durable deliveries: starts one for a row, once, however often it is asked. */
import type { WorkflowStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  deliveryHurried,
  deliverySearchAttributes,
  type DeliveryOutcome,
  type DeliveryStart,
} from './contract/delivery.ts';
import { createRowClient, graceMs, type RowClientOptions } from './row-client.ts';

export interface DeliveryClient {
  /**
   * Starts the delivery, or finds that it was started before.
   * @param isHurried has it try now, where it rests
   * @returns `over` when its workflow has closed, whatever the row says
   * @throws WorkflowsUnavailable when Temporal did not answer in time: it is to be started again later
   */
  start(delivery: DeliveryStart, isHurried?: boolean): Promise<'running' | 'over'>;
  close(): Promise<void>;
}

type DeliveryWorkflow = (delivery: DeliveryStart) => Promise<DeliveryOutcome>;

const tenant = defineSearchAttributeKey(deliverySearchAttributes.tenant, 'KEYWORD');
const kind = defineSearchAttributeKey(deliverySearchAttributes.kind, 'KEYWORD');

export function createDeliveryClient(options: RowClientOptions): DeliveryClient {
  const { begin, close } = createRowClient(options);
  return {
    start: (delivery, isHurried = false) =>
      begin((workflow) => {
        const start = startOptions(delivery, options.taskQueue);
        if (!isHurried) return workflow.start<DeliveryWorkflow>('delivery', start);
        return workflow.signalWithStart<DeliveryWorkflow>('delivery', {
          ...start,
          signal: deliveryHurried,
          signalArgs: [],
        });
      }),
    close,
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
