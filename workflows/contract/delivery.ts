/** What the two sides of a delivery say to each other: ids, numbers and codes only, since all of it is Temporal history. */

/** When a delivery that failed is tried again. */
export interface RetryPolicy {
  /** Before the second try; doubled before each further one. Milliseconds. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** How much of a pause is left to chance, 0 to 1: whoever comes back is not met by everybody at once. */
  readonly jitter: number;
}

/** The argument a delivery's workflow is started with. Its workflow id is `deliveryId`. */
export interface DeliveryStart {
  readonly tenantId: string;
  /** Of the row that holds what is to be delivered. */
  readonly deliveryId: string;
  /** A code that says what it is, e.g. `code_authentication`: for operations to read and to search by. */
  readonly kind: string;
  /** How many destinations the row names, in their order: the first is the one meant, the rest are fallbacks. At least 1. */
  readonly destinations: number;
  /** Milliseconds from the start after which what is delivered would be good for nothing. */
  readonly lifetimeMs: number;
  /** The plugin that the row belongs to; core's messages where it is left out. */
  readonly owner?: string;
  /** As for messages where it is left out. */
  readonly retry?: RetryPolicy;
}

/** One try. */
export interface Attempt {
  /** Counts from 1. */
  readonly number: number;
  /** Counts from 0. */
  readonly destination: number;
}

/** What came of a try. */
export type Attempted =
  | { readonly kind: 'delivered' }
  /** Not now: worth another try. */
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** The receiver asked for at least so long a rest (RFC 9110 §10.2.3). Milliseconds. */
      readonly retryAfterMs?: number;
    }
  /** Not tried: there is no place for it just now. Says nothing of the destination. */
  | { readonly kind: 'later'; readonly afterMs: number }
  /** This destination will never take it. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The row had ended before: nothing was sent. */
  | { readonly kind: 'over'; readonly end: DeliveryOutcome };

/** How a delivery ends: its result in the Temporal UI. */
export interface DeliveryOutcome {
  readonly outcome: 'delivered' | 'failed' | 'expired';
  /** A code, e.g. `delivered`, `ECONNECTION`, `smtp_550`, `sms_503`. */
  readonly reason: string;
}

/** The reason of a try that nobody heard of again: its worker died, or it took too long. */
export const unanswered = 'unanswered';

/** The reason of a delivery that an operator cancelled. */
export const cancelled = 'cancelled';

/** Signal: somebody wants the next try now. Says nothing: the row has who and when. */
export const deliveryHurried = 'hurried';

/** What a delivery asks of the platform. */
export interface DeliveryActivities {
  /**
   * Sends to one destination, unless the row says that it was sent, and writes down that it was. A worker that dies
   * between the two sends again: at least once, at the border to a system that knows no transaction of ours.
   */
  attemptDelivery(delivery: DeliveryStart, attempt: Attempt): Promise<Attempted>;
  /** Ends the row, unless it has ended: the row decides, and answers how it ended. Idempotent. */
  closeDelivery(delivery: DeliveryStart, end: DeliveryOutcome): Promise<DeliveryOutcome>;
}

/** Names of the search attributes a delivery carries. None may hold personal data: they are never encrypted. */
export const deliverySearchAttributes = {
  tenant: 'TenantId',
  outcome: 'Outcome',
  kind: 'DeliveryKind',
  /** Of deliveries that failed at least once. */
  reason: 'DeliveryReason',
} as const;
