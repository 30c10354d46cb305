/** The protocol engine's artifacts in SQL: one statement a call, and each of them decides on its own. */
import type { Knex } from 'knex';
import { fromJson, isUniqueViolation, toOptionalTime } from '../db/columns.ts';
import type { TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { epochSeconds } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import { hashOf, toPayload, toRow } from './artifact-row.ts';
import type { ArtifactRow } from './artifact-row.ts';
import { clockToleranceSeconds } from './artifact.ts';
import type { ArtifactKey, ArtifactOwner, ArtifactPayload, ArtifactStore, StoredArtifact } from './artifact.ts';
import { createWriteBatch } from './write-batch.ts';

const table = 'oidc_artifacts';
const primaryKey = ['tenant_id', 'workspace_id', 'model', 'id_hash'] as const;
/** Everything but the key and `consumed_at`: what was consumed stays consumed. */
const replaced = ['grant_id', 'client_id', 'subject_hash', 'alias_hash', 'payload', 'expires_at'] as const;

/** Each number of rows is a statement of its own to prepare: few of them, and commits are cheap from here on. */
const rowsAtOnce = 32;

interface FoundRow {
  readonly payload: string;
  readonly consumed_at: TimeColumn | null;
}

function fromRow(row: FoundRow | undefined): StoredArtifact | undefined {
  if (row === undefined) return undefined;
  return { payload: fromJson<ArtifactPayload>(row.payload), consumedAt: toOptionalTime(row.consumed_at) };
}

function columnOf(owner: ArtifactOwner): readonly ['subject_hash' | 'client_id' | 'grant_id', string] {
  if ('subject' in owner) return ['subject_hash', hashOf(owner.subject)];
  return 'client' in owner ? ['client_id', owner.client] : ['grant_id', owner.grantId];
}

/** @param executor a connection pool, or the transaction that a login's commit runs in */
export function createArtifactStore(executor: Knex, deps: { readonly clock: Clock }): ArtifactStore {
  const rowsOf = (tenant: TenantId, workspace: WorkspaceId): Knex.QueryBuilder =>
    executor(table).where('tenant_id', tenant).where('workspace_id', workspace);

  const rowOf = (key: ArtifactKey, id: string): Knex.QueryBuilder =>
    rowsOf(key.tenantId, key.workspaceId).where('model', key.model).where('id_hash', hashOf(id));

  const findBy = async (key: ArtifactKey, column: 'id_hash' | 'alias_hash', value: string) => {
    const oldest = epochSeconds(deps.clock) - clockToleranceSeconds;
    const row: FoundRow | undefined = await rowsOf(key.tenantId, key.workspaceId)
      .where('model', key.model)
      .where(column, hashOf(value))
      .where((query) => query.whereNull('expires_at').orWhere('expires_at', '>', oldest))
      .first('payload', 'consumed_at');
    return fromRow(row);
  };

  const writeAll = async (rows: readonly ArtifactRow[]): Promise<void> => {
    await executor(table)
      .insert(rows)
      .onConflict([...primaryKey])
      .merge([...replaced]);
  };
  // A transaction is one already, and its owner may wait for this row before the next turn.
  const write =
    executor.isTransaction === true ? (row: ArtifactRow) => writeAll([row]) : createWriteBatch(writeAll, rowsAtOnce);

  return {
    async find(key, id) {
      const found = await findBy(key, 'id_hash', id);
      return found && { ...found, payload: toPayload(key.model, id, found.payload) };
    },
    findByUid: (key, uid) => findBy(key, 'alias_hash', uid),
    findByUserCode: (key, userCode) => findBy(key, 'alias_hash', userCode),

    upsert: (key, id, payload, expiresAt) => write(toRow(key, id, payload, expiresAt)),

    async insertOnce(key, id, payload, expiresAt) {
      try {
        await executor(table).insert(toRow(key, id, payload, expiresAt));
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },

    async consume(key, id, at) {
      return (await rowOf(key, id).whereNull('consumed_at').update({ consumed_at: at })) === 1;
    },

    async destroy(key, id) {
      await rowOf(key, id).delete();
    },

    async destroySoftly(key, id, until) {
      // Never later than it would have ended anyway, nor than an earlier call said: a retry does not prolong it.
      const end = until - clockToleranceSeconds;
      await rowOf(key, id)
        .where((query) => query.whereNull('expires_at').orWhere('expires_at', '>', end))
        .update({ expires_at: end });
    },

    async destroyByGrant(tenant, workspace, grantId, model) {
      const given = rowsOf(tenant, workspace).where('grant_id', grantId);
      await (model === undefined ? given : given.where('model', model)).delete();
    },

    async destroyByClient(tenant, workspace, client) {
      await rowsOf(tenant, workspace).where('client_id', client).delete();
    },

    async destroyBySubject(tenant, workspace, subject) {
      await rowsOf(tenant, workspace).where('subject_hash', hashOf(subject)).delete();
    },

    async destroySome(tenant, workspace, owner, { model, limit }) {
      const [column, value] = columnOf(owner);
      const wanted = rowsOf(tenant, workspace).where(column, value);
      if (model !== undefined) void wanted.where('model', model);
      const found: readonly Pick<ArtifactRow, 'model' | 'id_hash'>[] = await wanted
        .limit(limit)
        .select('model', 'id_hash');
      const byModel = Map.groupBy(found, (row) => row.model);
      let gone = 0;
      for (const [name, rows] of byModel) {
        const ids = rows.map(({ id_hash: id }) => id);
        gone += await rowsOf(tenant, workspace).where('model', name).whereIn('id_hash', ids).delete();
      }
      // Another may have destroyed some of them: there is more as long as there was as much to find.
      return found.length === limit ? limit : gone;
    },

    removeExpired(now, limit) {
      const before = Math.floor(now / 1000) - clockToleranceSeconds;
      return removeExpiredRows(executor, { table, key: primaryKey, column: 'expires_at' }, before, limit);
    },
  };
}
