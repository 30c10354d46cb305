/** A worker that runs its workflows beside its activities, without what the SDK adds for code that nobody has read. */
import { Worker } from '@temporalio/worker';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';

/**
 * The worker of logins. Every call into a workflow would start a thread that stops it after five seconds, and every
 * promise in it would have its stack recorded for a query: measured, half of what a worker spends on a login. The
 * definitions wait for nothing but Temporal and loop over nothing that grows, so neither has anything to catch.
 */
// eslint-disable-next-line no-restricted-syntax -- the SDK opens this door to subclasses alone
export class LoginWorker extends Worker {
  protected static override async createWorkflowCreator(
    ...args: Parameters<typeof Worker.createWorkflowCreator>
  ): Promise<Awaited<ReturnType<typeof Worker.createWorkflowCreator>>> {
    const creator = await super.createWorkflowCreator(...args);
    // Made by `debugMode`, where it means a limit of 49 days, each time in a thread of its own.
    const unlimited = Object.assign(creator, { isolateExecutionTimeoutMs: undefined });
    globalHandlers.uninstall();
    globalHandlers.promiseHookInstalled = false;
    return unlimited;
  }
}
