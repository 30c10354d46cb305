/** Everything a delivery needs under test: a worker whose platform answers as it is told, and a client. */
import { randomUUID } from 'node:crypto';
import { loadWorkflowBundle } from '../../workflows/bundle.ts';
import type {
  Attempt,
  Attempted,
  DeliveryActivities,
  DeliveryOutcome,
  DeliveryStart,
} from '../../workflows/contract/delivery.ts';
import { createDeliveryClient, type DeliveryClient } from '../../workflows/delivery-client.ts';
import { defaultCacheDir } from '../../workflows/temporal-binary.ts';
import { runWorker, type RunningWorker } from '../../workflows/worker.ts';
import { createFakePlatform } from './fake-platform.ts';
import { createTestKeys, type TestKeys } from './login-keys.ts';
import { noApproval } from './login-worker.ts';

export interface DeliveryHouse {
  readonly client: DeliveryClient;
  readonly keys: TestKeys;
  readonly taskQueue: string;
  readonly worker: RunningWorker | undefined;
  close(): Promise<void>;
}

export async function openDeliveryHouse(options: {
  readonly address: string;
  /** Without it there is a client only. */
  readonly activities?: DeliveryActivities;
  readonly taskQueue?: string;
}): Promise<DeliveryHouse> {
  const { address, activities, taskQueue = `deliveries-${randomUUID()}` } = options;
  const keys = createTestKeys();
  const place = { cluster: { address }, namespace: 'default', taskQueue, keys };
  let worker: RunningWorker | undefined;
  if (activities !== undefined) {
    const bundle = await loadWorkflowBundle({ cacheDir: defaultCacheDir() });
    const all = { ...createFakePlatform(), ...noApproval, ...activities };
    worker = runWorker({ ...place, activities: all, bundle, log: () => undefined });
    await worker.ready;
  }
  const client = createDeliveryClient(place);
  return {
    client,
    keys,
    taskQueue,
    worker,
    async close() {
      await client.close();
      await worker?.stop();
    },
  };
}

export function newDelivery(changes: Partial<DeliveryStart> = {}): DeliveryStart {
  return {
    tenantId: 'acme',
    deliveryId: randomUUID(),
    kind: 'code_authentication',
    destinations: 1,
    lifetimeMs: 600_000,
    ...changes,
  };
}

export interface FakePost extends DeliveryActivities {
  readonly attempts: Attempt[];
  readonly ends: DeliveryOutcome[];
}

/** @param answer what comes of a try */
export function createFakePost(answer: (attempt: Attempt) => Attempted | Promise<Attempted>): FakePost {
  const attempts: Attempt[] = [];
  const ends: DeliveryOutcome[] = [];
  return {
    attempts,
    ends,
    async attemptDelivery(_delivery, attempt) {
      attempts.push(attempt);
      return await answer(attempt);
    },
    closeDelivery(_delivery, end) {
      ends.push(end);
      return Promise.resolve(end);
    },
  };
}
