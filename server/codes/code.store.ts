/** Codes in rows: one of a kind for each person, and for each login, its hash keyed, and where it went sealed. */
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { fromJson, toJson, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { codeId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Code, CodePlace, CodeStore, CodeType } from './code.ts';

interface CodeRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly type: CodeType;
  readonly id: string;
  readonly owner_id: string | null;
  readonly hash: string;
  readonly sealed_content: string;
  readonly attempts_left: number;
  readonly consumed_by: string | null;
  readonly issued_at: TimeColumn;
  readonly expires_at: TimeColumn;
}

type Key = Pick<CodeRow, 'tenant_id' | 'pool_id' | 'user_id' | 'type'>;
type Content = Pick<Code, 'addresses' | 'metadata' | 'registration'>;

export interface SweepableCodeStore extends CodeStore {
  /** Removes up to `limit` codes that are over. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

/** One login's code of a person has a row of its own, under a name that the login's id cannot be read from. */
const keyOf = ({ tenantId: tenant, poolId: pool, userId: user, type, bound }: CodePlace): Key => ({
  tenant_id: tenant,
  pool_id: pool,
  user_id:
    bound === undefined
      ? user
      : createHash('sha256')
          .update(JSON.stringify([user, bound]))
          .digest('hex'),
  type,
});
const contextOf = (key: Key, id: string): string =>
  `codes.content:${key.tenant_id}:${key.pool_id}:${key.user_id}:${key.type}:${id}`;

export function createCodeStore(executor: Knex, { sealer }: { readonly sealer: Sealer }): SweepableCodeStore {
  const rows = () => executor<CodeRow>('codes');

  const fromRow = (row: CodeRow, { tenantId, poolId, userId, type, bound }: CodePlace): Code => ({
    tenantId,
    poolId,
    userId,
    type,
    ...(bound === undefined ? {} : { bound }),
    id: codeId(row.id),
    isOwned: row.owner_id !== null,
    hash: row.hash,
    ...fromJson<Content>(sealer.open(row.sealed_content, contextOf(row, row.id))),
    attemptsLeft: row.attempts_left,
    consumedBy: row.consumed_by ?? undefined,
    issuedAt: toTime(row.issued_at),
    expiresAt: toTime(row.expires_at),
  });

  return {
    async put(code) {
      const key = keyOf(code);
      const { addresses, metadata, registration } = code;
      const content: Content = { addresses, metadata, ...(registration === undefined ? {} : { registration }) };
      const words = {
        id: code.id,
        owner_id: code.isOwned ? code.userId : null,
        hash: code.hash,
        sealed_content: sealer.seal(toJson(content), contextOf(key, code.id)),
        attempts_left: code.attemptsLeft,
        consumed_by: code.consumedBy ?? null,
        issued_at: code.issuedAt,
        expires_at: code.expiresAt,
      };
      await rows()
        .insert({ ...key, ...words })
        .onConflict(['tenant_id', 'pool_id', 'user_id', 'type'])
        .merge(words);
    },

    async take(place) {
      const counted = await rows()
        .where(keyOf(place))
        .where('attempts_left', '>', 0)
        .update({ attempts_left: executor.raw('?? - 1', ['attempts_left']) });
      const row = await rows().where(keyOf(place)).first();
      // MySQL ignores trailing blanks when it compares; a person's id is this text and no other.
      return counted === 0 || row?.user_id !== keyOf(place).user_id ? undefined : fromRow(row, place);
    },

    async giveBackAttempt(place, id) {
      await rows()
        .where({ ...keyOf(place), id: id ?? 'nobody' })
        .update({ attempts_left: executor.raw('?? + 1', ['attempts_left']) });
    },

    async spend(place, id, by) {
      await rows()
        .where({ ...keyOf(place), id })
        .where((spendable) => void spendable.whereNull('consumed_by').orWhere('consumed_by', by))
        .update({ consumed_by: by });
      // Read back, as it is and not as a transaction saw it first: how many rows an UPDATE counts that changes none is the
      // server's matter.
      const row = await rows()
        .where({ ...keyOf(place), id })
        .forUpdate()
        .first('consumed_by');
      return row?.consumed_by === by;
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(
        executor,
        { table: 'codes', key: ['tenant_id', 'pool_id', 'user_id', 'type'], column: 'expires_at' },
        now,
        limit,
      ),
  };
}
