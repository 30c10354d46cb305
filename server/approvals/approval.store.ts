/** Approvals and decisions in rows: of whom they are asked and how they stand in columns, who people are and what they said sealed. */
import type { Knex } from 'knex';
import {
  fromJson,
  insertUnlessTaken,
  toBoolean,
  toJson,
  toOptionalTime,
  toTime,
  type BooleanColumn,
  type TimeColumn,
} from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import {
  approvalId,
  clientId,
  groupId,
  interactionId,
  poolId,
  scriptRunId,
  tenantId,
  userId,
  workspaceId,
} from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { isWorkspaceRole, type Approval, type ApprovalState, type ApprovalStore, type Decision } from './approval.ts';

interface ApprovalRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly interaction_id: string;
  readonly client_id: string;
  readonly run_id: string;
  readonly call_number: number;
  readonly pool_id: string;
  readonly group_id: string;
  readonly role: string;
  readonly quorum: number;
  readonly approved: number;
  readonly reminders: number;
  readonly state: ApprovalState;
  readonly sealed_record: string;
  readonly created_at: TimeColumn;
  readonly expires_at: TimeColumn;
  readonly ended_at: TimeColumn | null;
  readonly due_at: TimeColumn | null;
}

interface DecisionRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly approval_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly approves: BooleanColumn;
  readonly sealed_record: string;
  readonly decided_at: TimeColumn;
}

type Told = Pick<Approval, 'requester' | 'reason'>;
type Said = Pick<Decision, 'name' | 'reason'>;
type Place = Pick<Approval, 'tenantId' | 'id'>;

const contextOf = ({ tenant_id: tenant, id }: Pick<ApprovalRow, 'tenant_id' | 'id'>): string =>
  `approvals.record:${tenant}:${id}`;
const decisionContext = (row: Pick<DecisionRow, 'tenant_id' | 'approval_id' | 'pool_id' | 'user_id'>): string =>
  `approval_decisions.record:${row.tenant_id}:${row.approval_id}:${row.pool_id}:${row.user_id}`;

export interface SweepableApprovalStore extends ApprovalStore {
  /** Removes up to `limit` of those whose time was over before, with their decisions. @returns how many */
  removeExpired(before: number, limit: number): Promise<number>;
}

export function createApprovalStore(executor: Knex, { sealer }: { readonly sealer: Sealer }): SweepableApprovalStore {
  const rows = () => executor<ApprovalRow>('approvals');
  const decisions = () => executor<DecisionRow>('approval_decisions');
  const one = ({ tenantId: tenant, id }: Place) => rows().where({ tenant_id: tenant, id });
  const open = (place: Place) => one(place).where({ state: 'open' });

  const fromRow = (row: ApprovalRow): Approval => ({
    ...fromJson<Told>(sealer.open(row.sealed_record, contextOf(row))),
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: approvalId(row.id),
    interactionId: interactionId(row.interaction_id),
    clientId: clientId(row.client_id),
    runId: scriptRunId(row.run_id),
    call: row.call_number,
    approvers: {
      ...(row.group_id === '' ? {} : { group: { poolId: poolId(row.pool_id), id: groupId(row.group_id) } }),
      ...(isWorkspaceRole(row.role) ? { role: row.role } : {}),
    },
    quorum: row.quorum,
    approved: row.approved,
    reminders: row.reminders,
    state: row.state,
    createdAt: toTime(row.created_at),
    expiresAt: toTime(row.expires_at),
    endedAt: toOptionalTime(row.ended_at),
    dueAt: toOptionalTime(row.due_at),
  });

  const decisionFrom = (row: DecisionRow): Decision => ({
    ...fromJson<Said>(sealer.open(row.sealed_record, decisionContext(row))),
    poolId: poolId(row.pool_id),
    userId: userId(row.user_id),
    approves: toBoolean(row.approves),
    at: toTime(row.decided_at),
  });

  return {
    async find(tenant, workspace, id) {
      const row = await rows().where({ tenant_id: tenant, workspace_id: workspace, id }).first();
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      return row?.id === id ? fromRow(row) : undefined;
    },

    async insertOnce({ requester, reason, approvers: { group, role }, ...approval }) {
      const key = { tenant_id: approval.tenantId, id: approval.id };
      const told: Told = { requester, reason };
      // Writes nothing over the row that is there. MySQL's INSERT IGNORE would also cut texts that are too long.
      await rows()
        .insert({
          ...key,
          workspace_id: approval.workspaceId,
          interaction_id: approval.interactionId,
          client_id: approval.clientId,
          run_id: approval.runId,
          call_number: approval.call,
          pool_id: group?.poolId ?? '',
          group_id: group?.id ?? '',
          role: role ?? '',
          quorum: approval.quorum,
          approved: approval.approved,
          reminders: approval.reminders,
          state: approval.state,
          sealed_record: sealer.seal(toJson(told), contextOf(key)),
          created_at: approval.createdAt,
          expires_at: approval.expiresAt,
          ended_at: approval.endedAt ?? null,
          due_at: approval.dueAt ?? null,
        })
        .onConflict(['tenant_id', 'run_id', 'call_number'])
        .merge({ run_id: executor.ref('approvals.run_id') });
      const kept = await rows()
        .where({ tenant_id: approval.tenantId, run_id: approval.runId, call_number: approval.call })
        .first();
      if (kept === undefined) throw new PlatformError('internal', 'An approval could not be kept.');
      return { approval: fromRow(kept), isNew: kept.id === approval.id };
    },

    async decisionsOf({ tenantId: tenant, id }) {
      const found = await decisions()
        .where({ tenant_id: tenant, approval_id: id })
        .orderBy(['decided_at', 'pool_id', 'user_id']);
      return found.map(decisionFrom);
    },

    async decide(place, { poolId: pool, userId: user, approves, name, reason, at }) {
      const key = { tenant_id: place.tenantId, approval_id: place.id, pool_id: pool, user_id: user };
      if ((await decisions().where(key).first('user_id')) !== undefined) return 'twice';
      const decidable = () => open(place).where({ workspace_id: place.workspaceId }).where('expires_at', '>', at);
      // Counted in the row itself, which is held from here on: of two at once, the second counts the first.
      const changed = approves
        ? await decidable().update({ approved: executor.raw('?? + 1', ['approved']), due_at: at })
        : await decidable().update({ state: 'denied', ended_at: at, due_at: at });
      if (changed === 0) return 'over';
      const said: Said = { name, reason };
      const made = decisions().insert({
        ...key,
        workspace_id: place.workspaceId,
        approves,
        sealed_record: sealer.seal(toJson(said), decisionContext(key)),
        decided_at: at,
      });
      await insertUnlessTaken(made, 'A decision of this person');
      if (approves)
        await open(place)
          .where('approved', '>=', executor.ref('approvals.quorum'))
          .update({ state: 'approved', ended_at: at });
      return 'kept';
    },

    end: async (place, state, at) => (await open(place).update({ state, ended_at: at, due_at: at })) > 0,

    countReminder: async (place, number) =>
      (await open(place).where('reminders', '<', number).update({ reminders: number })) > 0,

    async listAsked(tenant, workspace, { poolId: pool, userId: user, groups, roles }, now, limit) {
      const found = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace, state: 'open' })
        .where('expires_at', '>', now)
        .whereIn('role', ['', ...roles])
        .where((asked) => {
          void asked
            .where((none) => void none.where({ group_id: '' }).whereNot({ role: '' }))
            .orWhere((some) => void some.where({ pool_id: pool }).whereIn('group_id', [...groups]));
        })
        // Left out here: what somebody has decided would crowd out what they have not.
        .whereNotExists(
          executor('approval_decisions as d')
            .select(executor.raw('1'))
            .where({ 'd.pool_id': pool, 'd.user_id': user })
            .whereRaw('?? = ?? AND ?? = ??', ['d.tenant_id', 'approvals.tenant_id', 'd.approval_id', 'approvals.id']),
        )
        .orderBy(['expires_at', 'id'])
        .limit(limit);
      return found.map(fromRow);
    },

    async list(tenant, workspace, { state, ...query }) {
      const page = keysetPage(query);
      const ofPlace = () => rows().where({ tenant_id: tenant, workspace_id: workspace });
      const { cursor } = page.step;
      const at = cursor === undefined ? undefined : await ofPlace().where({ id: cursor }).first('created_at');
      if (cursor !== undefined && at === undefined) {
        const name = query.before === undefined ? 'after_approval_id' : 'before_approval_id';
        throw unprocessable(`/${name}`, 'There is no such approval any more: begin at the first page.');
      }
      const found = await ofPlace()
        .where(state === undefined ? {} : { state })
        .modify<ApprovalRow, ApprovalRow[]>(page.selectBy, 'created_at', at?.created_at);
      return { items: page.inOrder(found).map(fromRow) };
    },

    listDue: async (now, limit) =>
      (await rows().where('due_at', '<=', now).orderBy('due_at').limit(limit)).map(fromRow),

    async postpone(place, seen, dueAt) {
      await one(place)
        .where({ due_at: seen })
        .update({ due_at: dueAt ?? null });
    },

    removeExpired: (before, limit) =>
      removeExpiredRows(
        executor,
        { table: 'approvals', key: ['tenant_id', 'id'], column: 'expires_at' },
        before,
        limit,
      ),
  };
}
