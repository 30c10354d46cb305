/** What scripts keep from one login to the next, in rows: keys hashed, values sealed, each until its time. */
import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import { isUniqueViolation, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { mostValues, type ScriptValuePlace, type ScriptValueStore } from './script-run.ts';

interface ValueRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly script_id: string;
  readonly key_hash: string;
  readonly sealed_value: string;
  readonly expires_at: TimeColumn;
}

export interface SweepableScriptValueStore extends ScriptValueStore {
  /** Removes up to `limit` values whose time is over. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

const table = 'script_values';
const key = ['tenant_id', 'workspace_id', 'script_id', 'key_hash'] as const;
/** Of counting up beside others who do. */
const tries = 20;

export function createScriptValueStore(
  executor: Knex,
  { sealer }: { readonly sealer: Sealer },
): SweepableScriptValueStore {
  const rows = () => executor<ValueRow>(table);
  const placed = ({ tenantId: tenant, workspaceId: workspace, scriptId: script, key: name }: ScriptValuePlace) => ({
    tenant_id: tenant,
    workspace_id: workspace,
    script_id: script,
    key_hash: hash('sha256', name, 'hex'),
  });
  const contextOf = (place: ReturnType<typeof placed>): string =>
    `${table}.value:${place.tenant_id}:${place.workspace_id}:${place.script_id}:${place.key_hash}`;

  async function checkRoom({ tenant_id, workspace_id, script_id, key_hash }: ReturnType<typeof placed>): Promise<void> {
    const of = { tenant_id, workspace_id, script_id };
    if (
      (await rows()
        .where({ ...of, key_hash })
        .first('key_hash')) !== undefined
    )
      return;
    const counted = await rows().where(of).count({ count: '*' }).first();
    if (Number(counted?.count ?? 0) >= mostValues)
      throw unprocessable('', `A script keeps at most ${String(mostValues)} values.`);
  }

  async function put(place: ReturnType<typeof placed>, value: string, expiresAt: number): Promise<void> {
    await checkRoom(place);
    await rows()
      .insert({ ...place, sealed_value: sealer.seal(value, contextOf(place)), expires_at: expiresAt })
      .onConflict([...key])
      .merge(['sealed_value', 'expires_at']);
  }

  /** @returns undefined when somebody else counted meanwhile */
  async function count(place: ReturnType<typeof placed>, by: number, expiresAt: number, now: number) {
    const row = await rows().where(place).first();
    const isThere = row !== undefined && toTime(row.expires_at) > now;
    const before = isThere ? Number(sealer.open(row.sealed_value, contextOf(place))) : 0;
    const after = (Number.isFinite(before) ? before : 0) + by;
    const written = { sealed_value: sealer.seal(String(after), contextOf(place)), expires_at: expiresAt };
    if (row !== undefined) {
      const changed = await rows()
        .where({ ...place, sealed_value: row.sealed_value })
        .update(written);
      return changed > 0 ? after : undefined;
    }
    await checkRoom(place);
    try {
      await rows().insert({ ...place, ...written });
      return after;
    } catch (error) {
      if (isUniqueViolation(error)) return undefined;
      throw error;
    }
  }

  return {
    async get(at, now) {
      const place = placed(at);
      const row = await rows().where(place).first();
      if (row === undefined || toTime(row.expires_at) <= now) return undefined;
      return sealer.open(row.sealed_value, contextOf(place));
    },

    set: (at, value, expiresAt) => put(placed(at), value, expiresAt),

    async increase(at, by, expiresAt, now) {
      for (let turn = 0; turn < tries; turn++) {
        const after = await count(placed(at), by, expiresAt, now);
        if (after !== undefined) return after;
      }
      throw new PlatformError('unavailable', 'A value of a script could not be counted up.');
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(executor, { table, key: [...key], column: 'expires_at' }, now, limit),
  };
}
