/** Logins in progress in rows: the truth that pages are drawn from. */
import type { Knex } from 'knex';
import { fromJson, toJson, toOptionalTime, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { clientId, interactionId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { InteractionId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import { interactionAfterlifeMs } from './interaction.ts';
import type { Interaction, InteractionState, InteractionStore, ProvenPerson } from './interaction.ts';

interface InteractionRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly uid: string;
  readonly client_id: string;
  readonly state: InteractionState;
  readonly step: string;
  readonly person: string | null;
  readonly sealed_attempt: string | null;
  readonly reason: string | null;
  readonly started_at: TimeColumn;
  readonly expires_at: TimeColumn;
  readonly committed_at: TimeColumn | null;
}

/** Members that are undefined are missing in JSON; here they are back. */
export function personFrom(stored: ProvenPerson): ProvenPerson {
  return { ...stored, userId: stored.userId, acr: stored.acr };
}

function fromRow(row: InteractionRow): Interaction {
  return {
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: interactionId(row.id),
    uid: row.uid,
    clientId: clientId(row.client_id),
    state: row.state,
    step: row.step,
    person: row.person === null ? undefined : personFrom(fromJson<ProvenPerson>(row.person)),
    attempt: row.sealed_attempt ?? undefined,
    reason: row.reason ?? undefined,
    startedAt: toTime(row.started_at),
    expiresAt: toTime(row.expires_at),
    committedAt: toOptionalTime(row.committed_at),
  };
}

function toRow(interaction: Interaction): InteractionRow {
  return {
    tenant_id: interaction.tenantId,
    workspace_id: interaction.workspaceId,
    id: interaction.id,
    uid: interaction.uid,
    client_id: interaction.clientId,
    state: interaction.state,
    step: interaction.step,
    person: interaction.person === undefined ? null : toJson(interaction.person),
    sealed_attempt: interaction.attempt ?? null,
    reason: interaction.reason ?? null,
    started_at: interaction.startedAt,
    expires_at: interaction.expiresAt,
    committed_at: interaction.committedAt ?? null,
  };
}

export interface SweepableInteractionStore extends InteractionStore {
  /** Removes up to `limit` logins whose lifetime ended more than a week before `now`. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

export function createInteractionStore(executor: Knex): SweepableInteractionStore {
  const rows = () => executor<InteractionRow>('interactions');
  const one = (tenant: TenantId, workspace: WorkspaceId, id: InteractionId) =>
    rows().where({ tenant_id: tenant, workspace_id: workspace, id });

  return {
    async find(tenant, workspace, id) {
      const row = await one(tenant, workspace, id).first();
      return row === undefined ? undefined : fromRow(row);
    },

    async findByUid(tenant, workspace, uid) {
      const row = await rows().where({ tenant_id: tenant, workspace_id: workspace, uid }).first();
      return row === undefined ? undefined : fromRow(row);
    },

    async insertOnce(interaction) {
      // Writes nothing over the row that is there. MySQL's INSERT IGNORE would also cut texts that are too long.
      await rows()
        .insert(toRow(interaction))
        .onConflict(['tenant_id', 'workspace_id', 'id'])
        .merge({ id: executor.ref('interactions.id') });
    },

    async moveTo(tenant, workspace, id, uid) {
      await one(tenant, workspace, id).where({ state: 'open' }).update({ uid });
    },

    async keepAttempt(tenant, workspace, id, sealed) {
      await one(tenant, workspace, id)
        .where({ state: 'open' })
        .update({ sealed_attempt: sealed ?? null });
    },

    async advance(tenant, workspace, id, { step, person }) {
      const change = { step, person: person === undefined ? null : toJson(person), sealed_attempt: null };
      const written = await one(tenant, workspace, id).where({ state: 'open' }).update(change);
      if (written > 0) return true;
      // A server may count only rows whose values changed, and an activity that is run again changes nothing.
      const row = await one(tenant, workspace, id).forUpdate().first('state');
      return row?.state === 'open';
    },

    async end(tenant, workspace, id, { state, reason, at }) {
      const ended = await one(tenant, workspace, id)
        .whereNull('committed_at')
        .update({ state, reason, committed_at: at });
      return ended > 0;
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(
        executor,
        { table: 'interactions', key: ['tenant_id', 'workspace_id', 'id'], column: 'expires_at' },
        now - interactionAfterlifeMs,
        limit,
      ),
  };
}
