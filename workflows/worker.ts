/** Runs the logins, the deliveries and the approvals: a Temporal worker that outlives its server's restarts and drains when told to stop. */
import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection, type Worker } from '@temporalio/worker';
import type { WorkflowBundle } from './bundle.ts';
import type { Cluster } from './connection.ts';
import type { ApprovalActivities } from './contract/approval.ts';
import type { AuthenticationActivities } from './contract/authentication.ts';
import type { DeliveryActivities } from './contract/delivery.ts';
import type { KeyRing } from './contract/key-ring.ts';
import { createDataConverter } from './data-converter.ts';
import { LoginWorker } from './login-worker.ts';
import { installRuntime, type Log } from './runtime.ts';

/** What the workflows ask of the platform. */
export type PlatformActivities = AuthenticationActivities & DeliveryActivities & ApprovalActivities;

export interface WorkerOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: PlatformActivities;
  readonly keys: KeyRing;
  readonly bundle: WorkflowBundle;
  readonly log: Log;
}

export interface RunningWorker {
  /** Takes no further work, lets what runs finish (10 s at most), and resolves when the worker is gone. */
  stop(): Promise<void>;
  /** Resolves after `stop`; never rejects. */
  readonly finished: Promise<void>;
  /** Resolves when the worker first takes work. */
  readonly ready: Promise<void>;
}

const firstPauseMs = 200;
const longestPauseMs = 5000;

/** Starts a worker and keeps one running until `stop`, whether or not Temporal is there yet. */
export function runWorker(options: WorkerOptions): RunningWorker {
  installRuntime(options.log);
  const ready = Promise.withResolvers<undefined>();
  const stopping = new AbortController();
  let worker: Worker | undefined;

  const serveOnce = async (): Promise<void> => {
    // Payloads are encrypted: compressing them would only cost time.
    const connection = await NativeConnection.connect({ ...options.cluster, grpcCompression: { codec: 'none' } });
    try {
      worker = await LoginWorker.create({ connection, ...workerSettings(options) });
      const run = worker.run();
      if (stopping.signal.aborted) worker.shutdown();
      ready.resolve(undefined);
      await run;
    } finally {
      worker = undefined;
      await connection.close();
    }
  };

  const serve = async (): Promise<void> => {
    let pause = firstPauseMs;
    while (!stopping.signal.aborted) {
      const since = Date.now();
      try {
        await serveOnce();
      } catch (error) {
        options.log('warn', 'the workflow worker stopped and will start again', { err: error });
      }
      pause = Date.now() - since > longestPauseMs ? firstPauseMs : Math.min(pause * 2, longestPauseMs);
      await delay(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  const finished = serve();
  return {
    ready: ready.promise,
    finished,
    async stop() {
      stopping.abort();
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      await finished;
    },
  };
}

function workerSettings({ namespace, taskQueue, activities, keys, bundle }: WorkerOptions) {
  return {
    namespace,
    taskQueue,
    activities,
    dataConverter: createDataConverter(keys),
    workflowBundle: { code: bundle.code },
    // In the main thread: nothing is copied between two, and a second engine's 50 MB stay away.
    debugMode: true,
    // A worker that died is noticed when its sticky queue does not answer: 5 s with the default, here at once.
    stickyQueueScheduleToStartTimeout: '200ms',
    // Deliveries under way at once. A step of a login is a local activity and has places of its own: a mail server that
    // hangs takes none of them. Of a plugin's there are fewer under way (`createDeliveryActivities`), so that messages have places left.
    maxConcurrentActivityTaskExecutions: 40,
    // Steps of logins: one whose script waits for its turn must not keep another tenant's from its password.
    maxConcurrentLocalActivityExecutions: 400,
    shutdownGraceTime: '5s',
    shutdownForceTime: '10s',
  } as const;
}
