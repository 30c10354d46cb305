/** Lets a few moves through at a time and the tenants in turns, so that one tenant's rush delays nobody else's login. */
import { WorkflowsUnavailable } from './errors.ts';

export interface FairGateOptions {
  /** How many run at once. */
  readonly maxConcurrent: number;
  /** How many of one tenant may wait; the next one is turned away. */
  readonly maxWaitingPerTenant: number;
  /** How many may wait in all. */
  readonly maxWaiting: number;
}

export interface FairGate {
  /**
   * Runs `work` when it is its tenant's turn.
   * @param deadline milliseconds since the epoch after which it gives up waiting
   * @throws WorkflowsUnavailable when the queue is full, or the turn did not come in time
   */
  run<T>(tenantId: string, deadline: number, work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  readonly enter: () => void;
}

export function createFairGate(options: FairGateOptions): FairGate {
  /** In the order of their turns: a tenant that was served goes to the end. */
  const queues = new Map<string, Waiting[]>();
  let running = 0;
  let waiting = 0;

  const remove = (tenantId: string, entry: Waiting): void => {
    const queue = queues.get(tenantId) ?? [];
    const rest = queue.filter((other) => other !== entry);
    waiting -= queue.length - rest.length;
    if (rest.length === 0) queues.delete(tenantId);
    else queues.set(tenantId, rest);
  };
  const letNextIn = (): void => {
    for (const [tenantId, queue] of queues) {
      const entry = queue.shift();
      queues.delete(tenantId);
      if (queue.length > 0) queues.set(tenantId, queue);
      if (entry === undefined) continue;
      waiting -= 1;
      running += 1;
      entry.enter();
      return;
    }
  };
  const enter = async (tenantId: string, deadline: number): Promise<void> => {
    if (running < options.maxConcurrent) {
      running += 1;
      return;
    }
    const queue = queues.get(tenantId) ?? [];
    if (waiting >= options.maxWaiting || queue.length >= options.maxWaitingPerTenant) {
      throw new WorkflowsUnavailable('too many logins at once', { retryAfterSeconds: 2 });
    }
    const turn = Promise.withResolvers<undefined>();
    const entry: Waiting = {
      enter: () => {
        turn.resolve(undefined);
      },
    };
    queue.push(entry);
    queues.set(tenantId, queue);
    waiting += 1;
    const timer = setTimeout(
      () => {
        remove(tenantId, entry);
        turn.reject(new WorkflowsUnavailable('too many logins at once', { retryAfterSeconds: 2 }));
      },
      Math.max(0, deadline - Date.now()),
    );
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    async run(tenantId, deadline, work) {
      await enter(tenantId, deadline);
      try {
        return await work();
      } finally {
        running -= 1;
        letNextIn();
      }
    },
  };
}
