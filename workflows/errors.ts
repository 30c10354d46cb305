/** What the workflows room throws at its callers: three ways for durable logins to be out of reach. */

export interface TemporalUnavailableOptions {
  readonly cause?: unknown;
  readonly endedEarly?: boolean;
}

/** No Temporal could be found, started or reached. The message is one sentence that says what to do. */
export class TemporalUnavailable extends Error {
  override readonly name = 'TemporalUnavailable';
  /** A server of our own ended by itself before it served: the next start may go well. */
  readonly endedEarly: boolean;

  constructor(message: string, options: TemporalUnavailableOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.endedEarly = options.endedEarly ?? false;
  }
}

export interface WorkflowsUnavailableOptions {
  /** What went wrong inside. For the log, never for the answer. */
  readonly cause?: unknown;
  readonly retryAfterSeconds?: number;
}

/** Logins cannot go on just now. Nothing is lost: the same move sent again later is answered as if it were the first. */
export class WorkflowsUnavailable extends Error {
  override readonly name = 'WorkflowsUnavailable';
  /** Seconds after which trying again makes sense (RFC 9110 §10.2.3); few, since the server waits again with each try. */
  readonly retryAfterSeconds: number;

  constructor(message: string, options: WorkflowsUnavailableOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds ?? 2;
  }
}

/** The login does not wait for this move (another tab was faster, or it is over): read the interaction's row again. */
export class LoginMoved extends Error {
  override readonly name = 'LoginMoved';
  /** Its workflow has closed: whatever its row says, nobody moves it any more. */
  readonly over: boolean;

  constructor(message: string, options: { readonly over?: boolean } = {}) {
    super(message);
    this.over = options.over ?? false;
  }
}
