/** What a script within a request comes to: read as its point reads it, and compared by what the request took over. */
import type { JsonObject } from '../../scripts-runtime/index.ts';
import { nothingLeft, runEndOf, type Ended, type Shown } from './run-end.ts';
import type { ScriptJudge } from './script-rehearsal.ts';
import type { VersionInfo } from './script.ts';

/** How a point reads what scripts return there. */
export interface PointReader<T extends object> {
  /** @returns why it cannot be used, in words for the integrator, in its place */
  read(returned: Pick<Shown, 'output' | 'effects'>): T | string;
  /** What the request takes over, by name. */
  namesOf(value: T): JsonObject;
}

export type PointVerdict<T extends object> =
  | { readonly outcome: 'passed'; readonly value: T }
  | { readonly outcome: 'denied' }
  | { readonly outcome: 'failed' | 'continued'; readonly message?: string };

type Reads = Pick<VersionInfo, 'shape' | 'manifest'>;

/** @param ended nothing but `ok` and a script's own `deny` is a decision: everything else failed */
export function pointVerdict<T extends object>(
  reader: Pick<PointReader<T>, 'read'>,
  { manifest }: Reads,
  ended: Ended,
): PointVerdict<T> {
  const failed = manifest.onError === 'continue' ? 'continued' : 'failed';
  switch (ended.kind) {
    case 'denied':
      return { outcome: 'denied' };
    case 'error':
    case 'host_crash':
      return { outcome: failed };
    case 'ok': {
      const read = reader.read(ended);
      return typeof read === 'string' ? { outcome: failed, message: read } : { outcome: 'passed', value: read };
    }
  }
}

export function createPointJudge<T extends object>(reader: PointReader<T>): ScriptJudge {
  return {
    endOf: (script, ended, left = nothingLeft) => runEndOf(pointVerdict(reader, script, ended), ended, left.shown),
    changesOf(script, { result }) {
      const verdict = pointVerdict(reader, script, result);
      return verdict.outcome === 'passed' ? reader.namesOf(verdict.value) : undefined;
    },
  };
}
