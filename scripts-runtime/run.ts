/** One run of a script, from outside: what it is given, what it may ask for meanwhile, and what comes back. */
import type { Effect } from './effect.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { Limits } from './limits.ts';
import type { Refused } from './refusals.ts';
import type { DurableCall, NetRule, Script } from './script.ts';
import type { Tape } from './tape.ts';

/** What the platform does on a script's behalf. Each is asked with values that were checked, and its answers go on the tape. */
export interface ScriptHost {
  /**
   * Sends one request, follows no redirect (`redirect` is always `manual`) and refuses addresses that are not public.
   * The URL's host and the method are on the script's list.
   * @throws anything, when there is no answer: the script learns that the address could not be fetched
   */
  fetch(
    url: string,
    request: {
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: Uint8Array;
      readonly signal: AbortSignal;
      readonly redirect: 'manual';
    },
  ): Promise<Response>;
  /** Values that outlive a login, already kept apart by tenant and script. Keys have at most 256 characters, values 32 KB. */
  readonly cache: {
    get(key: string): Promise<string | undefined>;
    set(key: string, value: string, ttlSeconds: number): Promise<void>;
    /** @returns what the counter is afterwards */
    incr(key: string, by: number, ttlSeconds: number): Promise<number>;
  };
  /** Keeps answers that are too long for the tape, by the SHA-256 of their bytes in hexadecimal. Sealed, as the tape is. */
  readonly spill: {
    put(sha256: string, bytes: Uint8Array): Promise<void>;
    get(sha256: string): Promise<Uint8Array | undefined>;
  };
  /** Milliseconds since the epoch. */
  now(): number;
  randomBytes(length: number): Uint8Array;
}

/**
 * `live` answers from the tape until its end and goes on from there; `replay` answers from the tape only, for the version
 * that made it; `shadow` does so for any version. The latter two ask nothing of the host but spilled answers.
 */
export type RunMode = 'live' | 'replay' | 'shadow';

export interface RunRequest {
  /** Whose turn it takes in the queue, and whose process it runs in: tenants never share one. */
  readonly tenant: string;
  readonly script: Script;
  /** `context` of a classic script, `event` of a typed one; without secrets. At most 512 KB as JSON. */
  readonly input: JsonObject;
  /** Values by name: for a typed script those of its manifest, for a classic one those of its workspace. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The workspace's allow-list, which holds for classic scripts; a typed one brings its own. */
  readonly net?: readonly NetRule[];
  readonly limits?: Partial<Limits>;
  readonly host: ScriptHost;
  readonly mode?: RunMode;
  /** Members of a typed script's event that were not kept with this run: who reads one ends as `not_on_tape`. */
  readonly absent?: readonly string[];
  /** Of an earlier slice of this login, or of the run to repeat. */
  readonly tape?: Tape;
  /** What the durable call is answered at which the tape was suspended; only then. */
  readonly answer?: JsonValue;
}

export interface ConsoleLine {
  readonly level: 'debug' | 'log' | 'info' | 'warn' | 'error';
  readonly text: string;
}

/** A place in the source; counted from 1. */
export interface StackFrame {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/** What every run leaves, whatever became of it. */
export interface RunRecord {
  readonly tape: Tape;
  readonly console: readonly ConsoleLine[];
  /** Whether it said more than is kept. */
  readonly consoleTruncated: boolean;
  /** What holds where it failed; where it did not, its effects say it. */
  readonly refused: Refused;
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** `diverged`: it asked something else than its tape says. `not_on_tape`: it read what was not kept when it was recorded. `limit`: too many or too large, as the message says. */
export type RunFault = 'exception' | 'timeout' | 'memory' | 'cpu' | 'limit' | 'diverged' | 'not_on_tape';

export type RunOutcome =
  | { readonly kind: 'ok'; readonly output: JsonValue; readonly effects: readonly Effect[] }
  | { readonly kind: 'denied'; readonly reason: string; readonly details: JsonObject }
  | { readonly kind: 'suspended'; readonly suspend: DurableCall; readonly request: JsonObject }
  | {
      readonly kind: 'error';
      readonly fault: RunFault;
      /** For the integrator; secrets are struck out. */
      readonly message: string;
      /** Innermost first; empty where no line is to blame. */
      readonly stack: readonly StackFrame[];
      /** Of `diverged` and `not_on_tape`: the name of what was asked for, such as `call 2 (fetch)`, and none of its words. */
      readonly asked?: string;
    }
  /** Its process died twice, or could not be started. */
  | { readonly kind: 'host_crash'; readonly message: string };

/** `busy`: the queue of the tenant is full, or the runtime stops; nothing was run. */
export type RunResult = (RunOutcome & RunRecord) | { readonly kind: 'busy'; readonly message: string };
