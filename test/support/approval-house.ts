/** Everything an approval needs under test: a worker with a board of decisions in memory, a login that waits, and both clients. */
import { randomUUID } from 'node:crypto';
import { createApprovalClient, type ApprovalClient } from '../../workflows/client.ts';
import type {
  ApprovalActivities,
  ApprovalOutcome,
  ApprovalStanding,
  ApprovalStart,
} from '../../workflows/contract/approval.ts';
import type { StepAnswer } from '../../workflows/contract/authentication.ts';
import { createFakePlatform, type FakePlatform } from './fake-platform.ts';
import { newLogin, newMove, openLoginHouse, type LoginHouse } from './login-worker.ts';

export interface Board extends ApprovalActivities {
  /** Numbers of the rounds of messages. */
  readonly reminders: number[];
  /** What was written last; the workflow is told nothing by it. */
  write(standing: ApprovalStanding): void;
  readonly standing: () => ApprovalStanding;
}

/** One row. @param begins how it stands at first */
export function createBoard(begins: ApprovalStanding = { kind: 'open', approvals: 0 }): Board {
  const reminders: number[] = [];
  let standing = begins;
  return {
    reminders,
    standing: () => standing,
    write(next) {
      standing = next;
    },
    lookAtApproval: () => Promise.resolve(standing),
    remindApprovers(_approval, number) {
      reminders.push(number);
      return Promise.resolve();
    },
    endApproval(_approval, outcome): Promise<ApprovalOutcome> {
      if (standing.kind === 'open') standing = { kind: 'ended', outcome };
      return Promise.resolve({ outcome: standing.outcome });
    },
  };
}

export interface ApprovalHouse {
  readonly logins: LoginHouse;
  readonly client: ApprovalClient;
  readonly platform: FakePlatform;
  /** A login whose script rests until it is told, or so many milliseconds at most. @returns its id */
  login(restMs: number): Promise<string>;
  close(): Promise<void>;
}

export async function openApprovalHouse(options: {
  readonly address: string;
  readonly board: ApprovalActivities;
  readonly taskQueue?: string;
}): Promise<ApprovalHouse> {
  const { address, board, taskQueue } = options;
  const platform = createFakePlatform(['script', 'consent']);
  const activities = { ...platform, ...board };
  const logins = await openLoginHouse({ address, activities, ...(taskQueue === undefined ? {} : { taskQueue }) });
  const place = { cluster: { address }, namespace: 'default', taskQueue: logins.taskQueue, keys: logins.keys };
  const client = createApprovalClient(place);
  return {
    logins,
    client,
    platform,
    async login(restMs) {
      const rests: StepAnswer = {
        kind: 'remaining',
        steps: ['script', 'consent'],
        restMs,
        script: 'risk@0123456789ab',
      };
      platform.scripted.push(rests);
      const login = newLogin({ lifetimeMs: 30 * 86_400_000 });
      await logins.client.advance(login, [newMove('authenticate', 'password')]);
      return login.interactionId;
    },
    async close() {
      await client.close();
      await logins.close();
    },
  };
}

export function newApproval(changes: Partial<ApprovalStart> = {}): ApprovalStart {
  return {
    tenantId: 'acme',
    workspaceId: 'shop',
    clientId: 'storefront',
    approvalId: randomUUID(),
    interactionId: randomUUID(),
    title: 'Storefront',
    quorum: 2,
    lifetimeMs: 5 * 86_400_000,
    ...changes,
  };
}
