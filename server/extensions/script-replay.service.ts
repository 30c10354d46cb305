/** Replay: a run over again by the version that it had, and whether the same comes out, byte for byte. */
import { canonical, suspensionOf, type JsonValue, type Tape } from '../../scripts-runtime/index.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { ScriptRunId } from '../kernel/ids.ts';
import type { Rehearsals, Rehearsed, ScriptJudges } from './script-rehearsal.ts';
import type { ScriptRun, ScriptRunEnd, ScriptRunOutcome, ScriptRunStore } from './script-run.ts';
import type { ScriptPlace, ScriptStore } from './script.ts';
import { changedSecrets } from './secret-print.ts';
import type { Turns } from './turns.ts';

export interface ScriptReplayDeps {
  readonly scripts: Pick<ScriptStore, 'findVersion'>;
  readonly scriptRuns: Pick<ScriptRunStore, 'read'>;
  readonly rehearsals: Rehearsals;
  readonly judges: ScriptJudges;
  readonly turns: Turns;
}

/** `result`: what it came to, its effects included. `calls`: what it asked and when it was answered. `console`: what it said. */
export type ReplayPart = 'result' | 'calls' | 'console';

export interface ReplayReport {
  readonly run: ScriptRun;
  /** Where it is not the same; empty where every byte is. */
  readonly differs: readonly ReplayPart[];
  /** What it came to this time; undefined where it waits, as the login does or did. */
  readonly outcome: ScriptRunOutcome | undefined;
  /** Why it failed this time: the kind of failure, whose words may be about a person. */
  readonly fault: string | undefined;
  /** Secrets that are others by now, or gone: what was made of them comes out otherwise. */
  readonly changedSecrets: readonly string[];
}

export interface ScriptReplayService {
  /**
   * @throws PlatformError `not_found`, `conflict` where nothing was run yet or the version is not kept any more,
   * `too_many_requests`, `unavailable`
   */
  replay(script: ScriptPlace, id: ScriptRunId): Promise<ReplayReport>;
}

export function createScriptReplayService(deps: ScriptReplayDeps): ScriptReplayService {
  return {
    async replay(script, id) {
      const run = await deps.scriptRuns.read(script, id);
      if (run === undefined) throw new PlatformError('not_found', 'There is no such run.');
      if (run.slices === 0) throw new PlatformError('conflict', 'Nothing of this run has been kept yet.');
      const version = await deps.scripts.findVersion(script, run.version);
      if (version === undefined) throw new PlatformError('conflict', 'The version of this run is not kept any more.');
      const leave = deps.turns.take(script.tenantId);
      try {
        const again = await deps.rehearsals.rehearse('replay', run, version);
        if (again === undefined) throw new PlatformError('conflict', 'A part of this run is not kept any more.');
        const end =
          again.kind === 'suspended' ? undefined : deps.judges[run.point].endOf(version.compiled, again, again);
        return {
          run,
          differs: differing(run, again, end),
          outcome: end?.outcome,
          fault: again.kind === 'error' ? again.fault : again.kind === 'host_crash' ? again.kind : undefined,
          changedSecrets: changedSecrets(run.secrets, again.secrets),
        };
      } finally {
        leave();
      }
    },
  };
}

/** @param end this time; undefined where the script waits */
function differing(run: ScriptRun, again: Rehearsed, end: Came | undefined): readonly ReplayPart[] {
  const isSame = (one: object | undefined, other: object | undefined): boolean => bytesOf(one) === bytesOf(other);
  // A script may have waited for what never came: the run then ended where it waits again.
  const isResultSame = end === undefined ? suspensionOf(run.tape) !== undefined : isSame(cameTo(run.end), cameTo(end));
  const parts = {
    result: isResultSame,
    calls: isSame(callsOf(run.tape), callsOf(again.tape)),
    console: isSame(run.console, again.console),
  } as const;
  return (['result', 'calls', 'console'] as const).filter((part) => !parts[part]);
}

type Came = Pick<ScriptRunEnd, 'result' | 'refused'>;

const cameTo = (end: Came | undefined): object | undefined =>
  end && { result: comparable(end.result), refused: end.refused ?? [] };

const ranOut: readonly unknown[] = ['cpu', 'memory', 'timeout'];

/** A script that takes all it can get meets one of its limits: which one is first is up to the machine, not to the script. */
function comparable(result: ScriptRunEnd['result']): object {
  return result.kind === 'error' && ranOut.includes(result.fault) ? { kind: 'error', fault: 'ran_out' } : result;
}

/** As JSON has it, in one way only. */
function bytesOf(value: object | undefined): string {
  if (value === undefined) return '';
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- what JSON was made of is JSON
  return canonical(JSON.parse(JSON.stringify(value)) as JsonValue);
}

/** When a run ended is not among what its script could see: calls that nobody answered stand there by that time. */
function callsOf({ entries }: Tape): Tape['entries'] {
  return entries.map((entry) => (entry.answer?.kind === 'none' ? { ...entry, at: 0 } : entry));
}
