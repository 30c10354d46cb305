/** Extension point `deliveries` (contribute): rows that core's durable workflow delivers, try by try, for days if need be. */
import type {
  Attempt,
  Attempted,
  DeliveryOutcome,
  DeliveryStart,
  RetryPolicy,
} from '../../workflows/contract/delivery.ts';
import type { TenantId } from '../kernel/ids.ts';

export type { Attempt, Attempted, DeliveryOutcome, DeliveryStart, RetryPolicy };

/** A row whose delivery has to be started, or looked after. */
export interface DueDelivery {
  readonly tenantId: TenantId;
  /** Names its row, and is the id of its workflow, in clear: unique in the deployment, and of a hundred characters at most. */
  readonly deliveryId: string;
  /** A code, for operations to search by. */
  readonly kind: string;
  /** At least 1. */
  readonly destinations: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Why it failed, the last time it did. A code. */
  readonly reason: string | undefined;
  readonly retry?: RetryPolicy;
  /** Since when somebody wants it tried now, and nobody told its workflow. Milliseconds since the epoch. */
  readonly hurriedAt?: number;
}

/** Why a row ends without a try of its workflow. */
export interface DeliveryEnd {
  readonly state: 'failed' | 'expired';
  readonly reason: string;
}

/** Rows that wait to be delivered. */
export interface DeliveryRows {
  /** How often somebody looks whether a delivery that was started is still there. Milliseconds. */
  readonly lookAgainMs: number;
  /** Those whose time has come, the oldest first. */
  listDue(now: number, limit: number): Promise<readonly DueDelivery[]>;
  /**
   * When to look at it again, unless it has ended, or somebody wants it tried since.
   * @param dueAt milliseconds since the epoch
   * @param isTold whether its workflow runs, and was told to hurry where that was wanted
   */
  postpone(delivery: DueDelivery, dueAt: number, isTold: boolean): Promise<void>;
  /** Ends it, unless it has ended. */
  end(delivery: DueDelivery, end: DeliveryEnd): Promise<unknown>;
}

/** What is done for them. Ids and codes go in and out: all of it is history, and what is thrown tells nothing but that it was. */
export interface DeliveryWork {
  /** One try; idempotent, for one that is lost with its worker is made again. */
  attempt(delivery: DeliveryStart, attempt: Attempt): Promise<Attempted>;
  /** Ends the row, unless it has ended: the row decides, and answers how it ended. Idempotent. */
  close(delivery: DeliveryStart, end: DeliveryOutcome): Promise<DeliveryOutcome>;
}

export interface PluginDeliveries extends DeliveryRows, DeliveryWork {}
