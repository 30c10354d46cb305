/** How a run's end is kept: what its script came to, with no secret in it. */
import type { RunOutcome } from '../../scripts-runtime/index.ts';
import type { ScriptRunEnd, ScriptRunOutcome } from './script-run.ts';

export type Ended = Exclude<RunOutcome, { kind: 'suspended' }>;
export type Shown = Pick<Extract<Ended, { kind: 'ok' }>, 'output' | 'effects'>;

export const nothingShown: Shown = { output: null, effects: [] };

/**
 * @param verdict with words for the integrator where it failed, and the runtime had none
 * @param shown what the script returned with its secrets struck out, where it returned something
 */
export function runEndOf(
  { outcome, message }: { readonly outcome: ScriptRunOutcome; readonly message?: string },
  ended: Ended,
  shown: Shown,
): Omit<ScriptRunEnd, 'at'> {
  if (message !== undefined) return { outcome, result: { kind: 'error', fault: 'exception', message, stack: [] } };
  return { outcome, result: shownOf(ended, shown) };
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
