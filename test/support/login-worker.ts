/** Everything a login needs under test: a worker with a fake platform and a client, on one task queue of their own. */
import { randomUUID } from 'node:crypto';
import { loadWorkflowBundle } from '../../workflows/bundle.ts';
import { createLoginClient, type LoginClient, type LoginMove } from '../../workflows/client.ts';
import type { ApprovalActivities } from '../../workflows/contract/approval.ts';
import type { AuthenticationActivities, LoginStart } from '../../workflows/contract/authentication.ts';
import type { DeliveryActivities } from '../../workflows/contract/delivery.ts';
import { defaultCacheDir } from '../../workflows/temporal-binary.ts';
import { runWorker, type RunningWorker } from '../../workflows/worker.ts';
import { createTestKeys, type TestKeys } from './login-keys.ts';

export interface LoginHouse {
  readonly client: LoginClient;
  readonly keys: TestKeys;
  readonly worker: RunningWorker | undefined;
  readonly taskQueue: string;
  close(): Promise<void>;
}

export async function openLoginHouse(options: {
  readonly address: string;
  /** Without it there is a client only. */
  readonly activities?: AuthenticationActivities & Partial<DeliveryActivities & ApprovalActivities>;
  readonly taskQueue?: string;
  readonly timeoutMs?: number;
  readonly maxConcurrent?: number;
}): Promise<LoginHouse> {
  const { address, activities, taskQueue = `logins-${randomUUID()}` } = options;
  const keys = createTestKeys();
  const place = { cluster: { address }, namespace: 'default', taskQueue, keys };
  const worker = activities === undefined ? undefined : await startWorker({ ...place, activities });
  const client = createLoginClient({
    ...place,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.maxConcurrent === undefined ? {} : { maxConcurrent: options.maxConcurrent }),
  });
  return {
    client,
    keys,
    worker,
    taskQueue,
    async close() {
      await client.close();
      await worker?.stop();
    },
  };
}

/** Of logins nothing is delivered. */
export const noDelivery: DeliveryActivities = {
  attemptDelivery: () => Promise.resolve({ kind: 'refused', reason: 'no_destination' }),
  closeDelivery: (_delivery, end) => Promise.resolve(end),
};

/** Of logins nothing is asked of others. */
export const noApproval: ApprovalActivities = {
  lookAtApproval: () => Promise.resolve({ kind: 'ended', outcome: 'withdrawn' }),
  remindApprovers: () => Promise.resolve(),
  endApproval: (_approval, outcome) => Promise.resolve({ outcome }),
};

async function startWorker(options: {
  readonly cluster: { readonly address: string };
  readonly namespace: string;
  readonly taskQueue: string;
  readonly keys: TestKeys;
  readonly activities: AuthenticationActivities & Partial<DeliveryActivities & ApprovalActivities>;
}): Promise<RunningWorker> {
  const bundle = await loadWorkflowBundle({ cacheDir: defaultCacheDir() });
  const activities = { ...noDelivery, ...noApproval, ...options.activities };
  const worker = runWorker({ ...options, activities, bundle, log: () => undefined });
  await worker.ready;
  return worker;
}

export function newLogin(changes: Partial<LoginStart> = {}): LoginStart {
  return {
    tenantId: 'acme',
    workspaceId: 'shop',
    clientId: 'storefront',
    interactionId: randomUUID(),
    title: 'Storefront',
    lifetimeMs: 60 * 60 * 1000,
    firstStep: 'authenticate',
    ...changes,
  };
}

/** A move with a proof of this name; its update id is as random as the nonce it stands for. */
export function newMove(step: string, proofId: string): LoginMove {
  return { step, proofId, updateId: randomUUID() };
}
