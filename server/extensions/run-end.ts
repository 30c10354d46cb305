/** How a run's end is kept: what its script came to, with no secret in it. */
import { nothingRefused, type Refused, type RunOutcome } from '../../scripts-runtime/index.ts';
import type { ScriptRunEnd, ScriptRunOutcome } from './script-run.ts';

export type Ended = Exclude<RunOutcome, { kind: 'suspended' }>;
/** What is kept of what a script said, with its secrets struck out. */
export interface Shown extends Pick<Extract<Ended, { kind: 'ok' }>, 'output' | 'effects'> {
  /** Scopes. */
  readonly refused: readonly string[];
}

/** What a run left for whoever reads what it came to. */
export interface Left {
  readonly shown: Shown;
  readonly refused: Refused;
}

export const nothingLeft: Left = { shown: { output: null, effects: [], refused: [] }, refused: nothingRefused };

/** @param verdict with words for the integrator where it failed, and the runtime had none */
export function runEndOf(
  { outcome, message }: { readonly outcome: ScriptRunOutcome; readonly message?: string },
  ended: Ended,
  shown: Shown,
): Omit<ScriptRunEnd, 'at'> {
  const refused = outcome === 'continued' && shown.refused.length > 0 ? { refused: shown.refused } : {};
  if (message !== undefined)
    return { outcome, result: { kind: 'error', fault: 'exception', message, stack: [] }, ...refused };
  return { outcome, result: shownOf(ended, shown), ...refused };
}

function shownOf(ended: Ended, shown: Shown): Ended {
  switch (ended.kind) {
    case 'ok':
      return { kind: 'ok', output: shown.output, effects: shown.effects };
    case 'denied':
      return { kind: 'denied', reason: ended.reason, details: ended.details };
    case 'error':
      return { kind: 'error', fault: ended.fault, message: ended.message, stack: ended.stack };
    case 'host_crash':
      return { kind: 'host_crash', message: ended.message };
  }
}
