/** The server's one door to durable logins, deliveries and approvals: sends what a person did, and answers what comes next. */
import {
  Client,
  WithStartWorkflowOperation,
  WorkflowFailedError,
  type WorkflowExecutionStatusName,
} from '@temporalio/client';
import { callFailure, isNotTaken } from './call-failure.ts';
import { lazyConnection, type Cluster } from './connection.ts';
import {
  endedElsewhere,
  updateOf,
  type LoginOutcome,
  type LoginStart,
  type Move,
  type Next,
} from './contract/authentication.ts';
import type { KeyRing } from './contract/key-ring.ts';
import { createDataConverter } from './data-converter.ts';
import { LoginMoved, WorkflowsUnavailable } from './errors.ts';
import { createFairGate } from './fair-gate.ts';
import { startOptions, type AuthenticationWorkflow } from './login-start.ts';

export { createApprovalClient, type ApprovalClient } from './approval-client.ts';
export { createDeliveryClient, type DeliveryClient } from './delivery-client.ts';
export { LoginMoved, TemporalUnavailable, WorkflowsUnavailable } from './errors.ts';

export interface LoginClientOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly keys: KeyRing;
  /** Moves under way at once; about four for each core that Temporal has. The rest wait, the tenants in turns. */
  readonly maxConcurrent?: number;
  /**
   * Milliseconds that a caller waits for an answer, in the queue and after. Eight seconds by default: a worker that died
   * is back by then on a busy machine too, and a server that is told to stop still answers within its grace.
   */
  readonly timeoutMs?: number;
}

/** One thing a person did in a login, as the web tier's proof row remembers it. */
export interface LoginMove {
  readonly step: string;
  readonly proofId: string;
  /** A hash of the page's form nonce: Temporal runs each id once, and answers it the same ever after. */
  readonly updateId: string;
}

export interface LoginState {
  /** Of the workflow: `running`, `completed`, `failed`, `cancelled`, `terminated`, `timed_out`, … */
  readonly status: string;
  readonly outcome?: LoginOutcome;
}

export interface LoginClient {
  /**
   * Completes a step. Sending the same moves again is harmless, and is how a lost answer is had again.
   * @param moves what the person has done in this login, in order; the last is the new one
   * @throws LoginMoved when the login does not wait for the last move: read the interaction's row again. It says whether
   *   the login is `over`, ended by itself or stopped by an operator
   * @throws WorkflowsUnavailable when Temporal did not answer in time: the move is to be sent again later
   */
  advance(login: LoginStart, moves: readonly LoginMove[]): Promise<Next>;
  /**
   * Tells a login, where there is one, that its row was ended: it closes with what the row says. Best effort, and never
   * rejects: a login that was not told ends by its own deadline.
   */
  endedElsewhere(interactionId: string): Promise<void>;
  /** How a login stands, for operations; a login itself asks its row. @throws WorkflowsUnavailable */
  describe(interactionId: string): Promise<LoginState | undefined>;
  /** Whether Temporal answers; asked at most once a second, and answered within one. */
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}

const healthTtlMs = 1000;

/** Opens the door. Temporal need not be there: it is looked for with every call. */
export function createLoginClient(options: LoginClientOptions): LoginClient {
  const { namespace, taskQueue, timeoutMs = 8000 } = options;
  const connection = lazyConnection(options.cluster);
  const { workflow } = new Client({ connection, namespace, dataConverter: createDataConverter(options.keys) });
  const gate = createFairGate({
    maxConcurrent: options.maxConcurrent ?? 8,
    maxWaitingPerTenant: 100,
    maxWaiting: 1000,
  });
  let closed = false;
  let health: { readonly askedAt: number; readonly answer: Promise<boolean> } | undefined;

  const within = async <T>(deadline: number, call: () => Promise<T>): Promise<T> => {
    if (closed) throw new WorkflowsUnavailable('the login client is closed');
    try {
      return await connection.withDeadline(deadline, call);
    } catch (error) {
      throw callFailure(error);
    }
  };

  /** @returns undefined when the login does not take the move */
  const send = async (login: LoginStart, move: LoginMove, starts: boolean): Promise<Next | undefined> => {
    const args: [Move] = [{ proofId: move.proofId }];
    const update = { args, updateId: move.updateId };
    try {
      if (!starts) return await handleOf(login.interactionId).executeUpdate<Next, [Move]>(updateOf(move.step), update);
      const startWorkflowOperation = new WithStartWorkflowOperation<AuthenticationWorkflow>(
        'authentication',
        startOptions(login, taskQueue),
      );
      return await workflow.executeUpdateWithStart<AuthenticationWorkflow, Next, [Move]>(updateOf(move.step), {
        ...update,
        startWorkflowOperation,
      });
    } catch (error) {
      if (isNotTaken(error)) return undefined;
      throw error;
    }
  };
  const handleOf = (interactionId: string) => workflow.getHandle<AuthenticationWorkflow>(interactionId);

  const advance = async (login: LoginStart, moves: readonly LoginMove[]): Promise<Next> => {
    const last = moves.at(-1);
    if (last === undefined) throw new TypeError('advance needs at least one move');
    let answer = await send(login, last, moves.length === 1);
    if (answer === undefined && moves.length > 1) {
      // An earlier answer was lost, or Temporal lost the login: everything again, in order. What it knows it answers
      // from history; of the earlier moves one may be refused by now, so only the last one's answer counts.
      for (const [index, move] of moves.entries()) answer = await send(login, move, index === 0);
    }
    if (answer === undefined)
      throw new LoginMoved('the login does not wait for this', { over: await isOver(login.interactionId) });
    return answer;
  };
  const isOver = async (interactionId: string): Promise<boolean> => {
    try {
      return (await handleOf(interactionId).describe()).status.name !== running;
    } catch (error) {
      // Temporal forgot it a moment ago: the next move begins it again.
      if (isNotTaken(error)) return false;
      throw error;
    }
  };

  return {
    advance(login, moves) {
      const deadline = Date.now() + timeoutMs;
      return gate.run(login.tenantId, deadline, () => within(deadline, () => advance(login, moves)));
    },

    async endedElsewhere(interactionId) {
      await within(Date.now() + timeoutMs, () => handleOf(interactionId).signal(endedElsewhere)).catch(() => undefined);
    },

    async describe(interactionId) {
      return await within(Date.now() + timeoutMs, async () => {
        try {
          const { status } = await handleOf(interactionId).describe();
          const state = { status: status.name.toLowerCase() };
          return status.name === completed ? { ...state, outcome: await handleOf(interactionId).result() } : state;
        } catch (error) {
          if (isNotTaken(error) || error instanceof WorkflowFailedError) return undefined;
          throw error;
        }
      });
    },

    async healthy() {
      const now = Date.now();
      if (health === undefined || now - health.askedAt >= healthTtlMs) {
        const answer = within(now + healthTtlMs, () => connection.workflowService.getSystemInfo({})).then(
          () => true,
          () => false,
        );
        health = { askedAt: now, answer };
      }
      return await health.answer;
    },

    async close() {
      closed = true;
      await connection.close();
    },
  };
}

const completed: WorkflowExecutionStatusName = 'COMPLETED';
const running: WorkflowExecutionStatusName = 'RUNNING';
