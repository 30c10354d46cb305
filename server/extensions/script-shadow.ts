/** What another version would have made of a login that is over: the same, something else, or nothing that can be said. */
import { canonical, type JsonValue } from '../../scripts-runtime/index.ts';
import type { Rehearsed, ScriptJudge } from './script-rehearsal.ts';
import type { ScriptRun, ScriptRunEnd, ScriptRunInfo, ScriptRunOutcome } from './script-run.ts';
import type { VersionInfo } from './script.ts';
import { changedSecrets } from './secret-print.ts';

export interface ShadowVerdict {
  readonly run: ScriptRunInfo;
  /**
   * `diverged`: it asks something else than the tape answers, or reads what is not on it (`fault`: `not_on_tape`), so that
   * nobody knows what it would have come to.
   * `error`: it fails where the login did not, or could not be held against it.
   */
  readonly kind: 'same' | 'changed' | 'diverged' | 'error';
  /** What it came to; undefined where it waits, or nothing is known. */
  readonly outcome: ScriptRunOutcome | undefined;
  /**
   * Names of what would have been different, `outcome` among them, or of what it asked for that is not on the tape; their
   * values are the person's.
   */
  readonly changes: readonly string[];
  /** The kind of a failure; its words may be about a person. */
  readonly fault: string | undefined;
  /** Where in its source: line and column. */
  readonly at: string | undefined;
  /** Whether it took far more of the processor than the login's own version did. */
  readonly isSlower: boolean;
  /** Secrets that are others by now, or gone, and may be the reason. */
  readonly changedSecrets: readonly string[];
}

type Reads = Pick<VersionInfo, 'shape' | 'manifest'>;

/** Bounds of what is answered of one login: names are what scripts make them. */
const mostChanges = 20;
const longestName = 64;
/** Twice as slow, and by more than chance would have it. Milliseconds of the processor. */
const slowdown = { times: 2, ms: 10 } as const;

/** Where nothing could be held against anything. @param fault why */
export function notComparable(run: ScriptRunInfo, fault: string): ShadowVerdict {
  const nothing = { outcome: undefined, changes: [], at: undefined, isSlower: false, changedSecrets: [] } as const;
  return { run, kind: 'error', fault, ...nothing };
}

/** @param before what the login had, by which its end is read @param after the version that is tried */
export function verdictOn(
  { run, info }: { readonly run: ScriptRun; readonly info: ScriptRunInfo },
  { before, after, again }: { readonly before: Reads; readonly after: Reads; readonly again: Rehearsed },
  judge: ScriptJudge,
): ShadowVerdict {
  const { end } = run;
  if (end === undefined) return notComparable(info, 'unfinished');
  const failure = failureOf(again);
  const verdict = {
    run: info,
    outcome: undefined,
    changes: [],
    ...failure,
    isSlower: again.cpuMs > run.cpuMs * slowdown.times + slowdown.ms,
    changedSecrets: changedSecrets(run.secrets, again.secrets),
  } as const;
  if (failure.fault === 'diverged' || failure.fault === 'not_on_tape')
    return { ...verdict, kind: 'diverged', changes: askedBy(again) };
  // At the call at which the login's own version was left waiting, by its tape.
  if (again.kind === 'suspended') return { ...verdict, kind: 'same' };
  const { outcome, ...came } = judge.endOf(after, again, again);
  const isFailed = outcome === 'failed' || outcome === 'continued';
  const isSameOutcome = outcome === end.outcome;
  if (!isSameOutcome) return { ...verdict, outcome, kind: isFailed ? 'error' : 'changed', changes: ['outcome'] };
  const changes = namesOf(membersOf(before, end, judge), membersOf(after, came, judge));
  return { ...verdict, outcome, kind: changes.length === 0 ? 'same' : 'changed', changes };
}

function failureOf(again: Rehearsed): Pick<ShadowVerdict, 'fault' | 'at'> {
  if (again.kind === 'host_crash') return { fault: again.kind, at: undefined };
  if (again.kind !== 'error') return { fault: undefined, at: undefined };
  const [first] = again.stack;
  return { fault: again.fault, at: first && `script:${String(first.line)}:${String(first.column)}` };
}

function askedBy(again: Rehearsed): readonly string[] {
  return again.kind === 'error' && again.asked !== undefined ? [again.asked.slice(0, longestName)] : [];
}

type Members = Readonly<Record<string, JsonValue>>;

function membersOf(script: Reads, end: Pick<ScriptRunEnd, 'result' | 'refused'>, judge: ScriptJudge): Members {
  const { result } = end;
  if (result.kind === 'denied') return { reason: result.reason, details: result.details };
  const changes = judge.changesOf(script, end);
  if (changes !== undefined) return changes;
  // Secrets that are struck out may make of a result one that no login would take: it is compared as it stands.
  return result.kind === 'ok' ? { output: result.output } : {};
}

function namesOf(before: Members, after: Members): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const isSame = (name: string): boolean => textOf(before[name]) === textOf(after[name]);
  return names
    .filter((name) => !isSame(name))
    .slice(0, mostChanges)
    .map((name) => name.slice(0, longestName));
}

const textOf = (value: JsonValue | undefined): string => (value === undefined ? '' : canonical(value));
