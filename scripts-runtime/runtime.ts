/** Runs strangers' JavaScript: the one door to the processes that do. */
import type { RunRequest, RunResult } from './run.ts';
import type { CompileRequest, CompileResult } from './script.ts';

export interface ScriptsRuntimeOptions {
  /**
   * `namespaces` gives each child its own network, processes and files (Linux, `unshare`). `none` leaves it to Node's
   * permission model, which does not keep a child from the network: for machines without namespaces, and by choice only.
   */
  readonly isolation?: 'namespaces' | 'none';
  /** Children at most; each runs one script at a time. */
  readonly children?: number;
  /** Runs of one tenant that wait for a child; further ones are `busy`. */
  readonly queuePerTenant?: number;
  /** After how many runs a child is replaced. */
  readonly runsPerChild?: number;
  /** Told of children that died or misbehaved, in a line for the log. */
  readonly onIncident?: (incident: ChildIncident) => void;
}

export interface ChildIncident {
  readonly kind: 'crashed' | 'killed' | 'forged' | 'start_failed';
  readonly tenant: string | undefined;
  readonly detail: string;
}

export interface ScriptsRuntime {
  /** Reads a source and what it says about itself; runs nothing of it that could reach anything. */
  compile(request: CompileRequest): Promise<CompileResult>;
  /** Never rejects for what a script or its process did. @throws when the request itself is wrong, such as an answer without a suspended tape */
  run(request: RunRequest): Promise<RunResult>;
  /** Takes no further runs, lets those that run finish within `withinMs`, and ends every child. */
  stop(withinMs?: number): Promise<void>;
}
