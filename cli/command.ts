/** A command as data: parsed, explained and completed from one declaration. */
import type { Readable, Writable } from 'node:stream';
import type { Api } from './api.ts';
import type { Profile, Profiles } from './profiles.ts';

export interface Option {
  readonly name: string;
  /** What stands for its value in the help; a switch without one. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly help: string;
}

/** What surrounds the command line: replaced as a whole in tests. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly profiles: Profiles;
  /** Results, for whoever reads them by machine. */
  readonly out: (text: string) => void;
  /** Where results go that are too long to be one text. */
  readonly stdout: Writable;
  /** Everything else. */
  readonly say: (text: string) => void;
  /** For a secret: what is typed is not shown, unless said otherwise. Without a terminal it is all of the standard input. */
  readonly ask: (question: string, echo?: 'shown') => Promise<string>;
  /** Somebody reads what is said. */
  readonly isTerminal: boolean;
  /** And can answer. */
  readonly isInteractive: boolean;
  readonly stdin: Readable;
  readonly signal: AbortSignal;
}

/** What a command is given. */
export interface Invocation {
  readonly around: Surroundings;
  /** Positional arguments, as many as declared. */
  readonly words: readonly string[];
  option(name: string): string | undefined;
  has(name: string): boolean;
  /** Of the profile that is used. @throws Error when nobody is signed in */
  signedIn(): Promise<{ readonly profile: Profile; readonly api: Api; readonly tenant: string }>;
  /** One JSON document with `--json`, and what people read without it. */
  show(json: unknown, text: string): void;
}

export interface Command {
  /** e.g. `clients list`. */
  readonly name: string;
  readonly help: string;
  /** Names of positional arguments, all of them needed. */
  readonly words?: readonly string[];
  readonly options?: readonly Option[];
  /** @returns an exit code other than 0, see failure.ts */
  readonly run: (invocation: Invocation) => Promise<number | undefined>;
}

/** Of every command. */
export const commonOptions: readonly Option[] = [
  { name: 'profile', value: 'NAME', help: 'which sign-in to use (default: default)' },
  { name: 'tenant', value: 'TENANT', help: 'the tenant, where it is not that of the sign-in' },
  { name: 'json', help: 'print the result as one JSON document' },
  { name: 'help', help: 'explain the command' },
];
