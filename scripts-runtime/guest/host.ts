/** What the isolate is given from outside: functions that take and answer text. Everything else here is the script's own. */

export interface HostPort {
  /** Asks, and is answered later by `answer`. */
  readonly call: (n: number, call: string, request: string) => void;
  /** Asks, and stands still until the answer is there. */
  readonly callNow: (n: number, call: string, request: string) => string;
  readonly log: (level: string, text: string) => void;
  /** Arithmetic that the isolate lacks: hashes, encodings, URLs, chance drawn from the seed. Bytes are strings of them. */
  readonly native: (operation: string, first: string, second: string, third: string) => string;
  readonly done: (outcome: string) => void;
  /** Tells of a scope that is refused, and returns when that has left this process. */
  readonly refuse: (scope: string) => void;
}

export interface Settings {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly maxCalls: number;
  readonly consoleBytes: number;
  readonly effects: readonly string[];
  /** Whether this script may suspend its login where it runs. */
  readonly durable: boolean;
  /** Members of the event of which nobody knows what they were. */
  readonly absent: readonly string[];
}

/** Handed to this program by the child that starts it. */
declare const host: HostPort;
declare const settings: Settings;

export const port = host;
export const given = settings;

// Taken before a script can put something else in their places.
const { parse } = JSON;
/** Of what is no JSON, such as a function, it makes nothing. */
const stringify: (value: unknown) => string | undefined = JSON.stringify;
export const toJson = (value: unknown): string => stringify(value) ?? 'null';
export const fromJson = (text: string): unknown => parse(text);
