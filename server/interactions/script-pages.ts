/** What pages show of a script that decides over a login: how long it rests, and that it failed. */
import { scriptStep } from '../../workflows/contract/authentication.ts';
import type { ScriptRunStore } from '../extensions/script-run.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Interaction, InteractionStore } from './interaction.ts';
import { scriptFailed } from './script-end.ts';
import { scriptWaitOf } from './script-step.ts';

export interface ScriptPagesDeps {
  readonly scriptRuns: Pick<ScriptRunStore, 'listOf'>;
  readonly rows: Pick<InteractionStore, 'find'>;
  readonly clock: Clock;
}

export interface ScriptPages {
  /** Milliseconds until the script goes on by itself; 0 where it is at work. */
  restOf(login: Interaction): Promise<number>;
  /** Whether a login that stood at its script stands there still, as its row says by now. */
  stillDecides(login: Interaction): Promise<boolean>;
  /** The reference of the run that ended this login by failing; undefined where none did. */
  failureOf(login: Interaction): Promise<string | undefined>;
}

export function createScriptPages({ scriptRuns, rows, clock }: ScriptPagesDeps): ScriptPages {
  const rowOf = ({ tenantId, workspaceId, id }: Interaction) => rows.find(tenantId, workspaceId, id);
  return {
    async restOf(interaction) {
      const waits = (await scriptWaitOf({ scriptRuns }, interaction))?.waits;
      return waits?.kind === 'sleep' ? Math.max(0, waits.until - clock.now()) : 0;
    },

    async stillDecides(login) {
      if (login.step !== scriptStep) return false;
      const row = await rowOf(login);
      return row?.state === 'open' && row.step === scriptStep;
    },

    async failureOf(login) {
      const row = await rowOf(login);
      if (row?.state !== 'denied' || row.reason !== scriptFailed) return undefined;
      const runs = await scriptRuns.listOf(row.tenantId, row.workspaceId, row.id);
      // Without a run nothing of the script was there to be run: the login's own id leads to it.
      return runs.findLast(({ end }) => end?.outcome === 'failed')?.id ?? row.id;
    },
  };
}
