/** Messages in rows: what they say sealed, and gone once they have ended. */
import type { Knex } from 'knex';
import { fromJson, toJson, toOptionalTime, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { messageId, poolId, tenantId, userId, type MessageId, type TenantId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Letter } from './message.ts';
import type { MessageState, MessageStore, OutgoingMessage } from './outgoing-message.ts';

interface MessageRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly kind: string;
  readonly pool_id: string | null;
  readonly owner_id: string | null;
  readonly sealed_content: string | null;
  readonly destinations: number;
  readonly state: MessageState;
  readonly reason: string | null;
  readonly attempts: number;
  readonly created_at: TimeColumn;
  readonly expires_at: TimeColumn;
  readonly due_at: TimeColumn | null;
  readonly remove_at: TimeColumn;
}

export interface SweepableMessageStore extends MessageStore {
  /** Removes up to `limit` messages that ended, or should have, a while ago. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

/** How long a message outlives its time: its end can be looked up, and a delivery that is late still finds it. */
export const messageAfterlifeMs = 7 * 86_400_000;

const contextOf = ({ tenant_id, id }: Pick<MessageRow, 'tenant_id' | 'id'>): string =>
  `messages.content:${tenant_id}:${id}`;

export function createMessageStore(executor: Knex, { sealer }: { readonly sealer: Sealer }): SweepableMessageStore {
  const rows = () => executor<MessageRow>('messages');
  const one = (tenant: TenantId, id: MessageId) => rows().where({ tenant_id: tenant, id });

  const fromRow = (row: MessageRow): OutgoingMessage => ({
    tenantId: tenantId(row.tenant_id),
    id: messageId(row.id),
    kind: row.kind,
    owner:
      row.pool_id === null || row.owner_id === null
        ? undefined
        : { poolId: poolId(row.pool_id), userId: userId(row.owner_id) },
    letters:
      row.sealed_content === null ? [] : fromJson<readonly Letter[]>(sealer.open(row.sealed_content, contextOf(row))),
    destinations: row.destinations,
    state: row.state,
    reason: row.reason ?? undefined,
    attempts: row.attempts,
    createdAt: toTime(row.created_at),
    expiresAt: toTime(row.expires_at),
    dueAt: toOptionalTime(row.due_at),
  });
  const find = async (tenant: TenantId, id: MessageId): Promise<OutgoingMessage | undefined> => {
    const row = await one(tenant, id).first();
    return row === undefined ? undefined : fromRow(row);
  };

  return {
    async insert(message) {
      const key = { tenant_id: message.tenantId, id: message.id };
      await rows().insert({
        ...key,
        kind: message.kind,
        pool_id: message.owner?.poolId ?? null,
        owner_id: message.owner?.userId ?? null,
        sealed_content: sealer.seal(toJson(message.letters), contextOf(key)),
        destinations: message.destinations,
        state: message.state,
        reason: message.reason ?? null,
        attempts: message.attempts,
        created_at: message.createdAt,
        expires_at: message.expiresAt,
        due_at: message.dueAt ?? null,
        // Nothing reads what was written for nobody.
        remove_at: message.state === 'withheld' ? message.createdAt : message.expiresAt + messageAfterlifeMs,
      });
    },

    find,

    async countAttempt(tenant, id, reason) {
      await one(tenant, id)
        .where({ state: 'waiting' })
        .update({ reason, attempts: executor.raw('?? + 1', ['attempts']) });
    },

    async end(tenant, id, { state, reason }) {
      await one(tenant, id).where({ state: 'waiting' }).update({ state, reason, sealed_content: null, due_at: null });
      return find(tenant, id);
    },

    listDue: async (now, limit) =>
      (await rows().where('due_at', '<=', now).orderBy('due_at').limit(limit)).map(fromRow),

    async postpone(tenant, id, dueAt) {
      await one(tenant, id).whereNotNull('due_at').update({ due_at: dueAt });
    },

    async removeExpired(now, limit) {
      const table = { table: 'messages', key: ['tenant_id', 'id'], column: 'remove_at' };
      return removeExpiredRows(executor, table, now, limit);
    },
  };
}
