/** Stays at integrators' pages in rows: what the pages said is sealed, and said once. */
import type { Knex } from 'knex';
import { fromJson, toJson, toOptionalTime, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId, handoffId, interactionId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { handoffAfterlifeMs, type AnsweredHandoff, type Handoff, type HandoffStore } from './handoff.ts';

interface HandoffRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly interaction_id: string;
  readonly step: string;
  readonly round: number;
  readonly subject: string;
  readonly target_id: string;
  readonly client_id: string;
  readonly created_at: TimeColumn;
  readonly expires_at: TimeColumn;
  readonly answered_at: TimeColumn | null;
  readonly sealed_answer: string | null;
  readonly ticket_hash: string | null;
}

export interface SweepableHandoffStore extends HandoffStore {
  /** Removes up to `limit` stays whose time ended more than a week before `now`. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

const contextOf = (tenant: string, id: string): string => `handoffs.answer:${tenant}:${id}`;

export function createHandoffStore(executor: Knex, { sealer }: { readonly sealer: Sealer }): SweepableHandoffStore {
  const rows = () => executor<HandoffRow>('handoffs');

  function answeredFrom(row: HandoffRow): AnsweredHandoff | undefined {
    const at = toOptionalTime(row.answered_at);
    if (at === undefined || row.sealed_answer === null || row.ticket_hash === null) return undefined;
    const answer = fromJson<AnsweredHandoff['answer']>(
      sealer.open(row.sealed_answer, contextOf(row.tenant_id, row.id)),
    );
    return { at, answer, ticketHash: row.ticket_hash };
  }
  const fromRow = (row: HandoffRow): Handoff => ({
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: handoffId(row.id),
    interactionId: interactionId(row.interaction_id),
    step: row.step,
    round: row.round,
    subject: row.subject,
    targetId: row.target_id,
    clientId: clientId(row.client_id),
    createdAt: toTime(row.created_at),
    expiresAt: toTime(row.expires_at),
    answered: answeredFrom(row),
  });
  const said = (tenant: string, id: string, { at, answer, ticketHash }: AnsweredHandoff) => ({
    answered_at: at,
    sealed_answer: sealer.seal(toJson(answer), contextOf(tenant, id)),
    ticket_hash: ticketHash,
  });

  return {
    async find(tenant, id) {
      const row = await rows().where({ tenant_id: tenant, id }).first();
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      return row?.id === id ? fromRow(row) : undefined;
    },

    async findLast(tenant, workspace, interaction, step) {
      const row = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace, interaction_id: interaction, step })
        .orderBy('round', 'desc')
        .first();
      return row === undefined ? undefined : fromRow(row);
    },

    async insertOnce(handoff) {
      const { tenantId: tenant, workspaceId: workspace, interactionId: interaction, step, round } = handoff;
      const place = { tenant_id: tenant, workspace_id: workspace, interaction_id: interaction, step, round };
      // Writes nothing over the row that is there. MySQL's INSERT IGNORE would also cut texts that are too long.
      await rows()
        .insert({
          ...place,
          id: handoff.id,
          subject: handoff.subject,
          target_id: handoff.targetId,
          client_id: handoff.clientId,
          created_at: handoff.createdAt,
          expires_at: handoff.expiresAt,
          ...(handoff.answered === undefined ? {} : said(tenant, handoff.id, handoff.answered)),
        })
        .onConflict(['tenant_id', 'workspace_id', 'interaction_id', 'step', 'round'])
        .merge({ step: executor.ref('handoffs.step') });
      const kept = await rows().where(place).first();
      if (kept === undefined) throw new PlatformError('internal', 'A stay could not be kept.');
      return fromRow(kept);
    },

    async answer(tenant, id, answered) {
      const changed = await rows()
        .where({ tenant_id: tenant, id })
        .whereNull('answered_at')
        .update(said(tenant, id, answered));
      return changed > 0;
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(
        executor,
        { table: 'handoffs', key: ['tenant_id', 'id'], column: 'expires_at' },
        now - handoffAfterlifeMs,
        limit,
      ),
  };
}
