/** What pages show of a script that decides over a login: how long it rests, and that it failed. */
import { scriptStep } from '../../workflows/contract/authentication.ts';
import { isDecidable, type ApprovalStore } from '../approvals/approval.ts';
import type { ScriptRunStore } from '../extensions/script-run.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Interaction, InteractionStore } from './interaction.ts';
import { scriptFailed } from './script-end.ts';
import { scriptWaitOf } from './script-step.ts';

export interface ScriptPagesDeps {
  readonly scriptRuns: Pick<ScriptRunStore, 'listOf'>;
  readonly approvals: Pick<ApprovalStore, 'find'>;
  readonly rows: Pick<InteractionStore, 'find'>;
  readonly clock: Clock;
}

/** A script that goes on by itself, or once people have decided. */
export interface ScriptRest {
  /** Milliseconds until it goes on at the latest. */
  readonly leftMs: number;
  /** Of people who are asked: how many have approved, of how many that have to. */
  readonly approval?: { readonly approved: number; readonly quorum: number };
}

export interface ScriptPages {
  /** What the script rests for; undefined where it is at work. */
  restOf(login: Interaction): Promise<ScriptRest | undefined>;
  /** Whether a login that stood at its script stands there still, as its row says by now. */
  stillDecides(login: Interaction): Promise<boolean>;
  /** The reference of the run that ended this login by failing; undefined where none did. */
  failureOf(login: Interaction): Promise<string | undefined>;
}

export function createScriptPages({ scriptRuns, approvals, rows, clock }: ScriptPagesDeps): ScriptPages {
  const rowOf = ({ tenantId, workspaceId, id }: Interaction) => rows.find(tenantId, workspaceId, id);
  return {
    async restOf(interaction) {
      const waits = (await scriptWaitOf({ scriptRuns }, interaction))?.waits;
      const now = clock.now();
      if (waits?.kind === 'sleep') return waits.until > now ? { leftMs: waits.until - now } : undefined;
      if (waits?.kind !== 'approval') return undefined;
      const approval = await approvals.find(interaction.tenantId, interaction.workspaceId, waits.id);
      if (approval === undefined || !isDecidable(approval, now)) return undefined;
      const { approved, quorum, expiresAt } = approval;
      return { leftMs: expiresAt - now, approval: { approved, quorum } };
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
