/** Failures in rows: the times of each key's last failures, so that a window slides and nothing is counted twice. */
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { fromJson, toJson, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import type { TenantId } from '../kernel/ids.ts';
import { delayAfter, type Allowance, type Countable, type ThrottlePolicy, type ThrottleStore } from './throttle.ts';

interface ThrottleRow {
  readonly tenant_id: string;
  readonly id: string;
  /** JSON: milliseconds since the epoch, oldest first. */
  readonly failures: string;
  readonly blocked_until: TimeColumn;
  readonly expires_at: TimeColumn;
}

export interface SweepableThrottleStore extends ThrottleStore {
  /** Removes up to `limit` keys whose failures are all forgotten. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

/** Keys name people and addresses: the table knows them as hashes of one length. */
function rowId(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** How many failures a policy can tell apart: more of them delay no longer. */
function countedBy(policy: ThrottlePolicy): number {
  return policy.free + 1 + Math.max(0, Math.ceil(Math.log2(policy.maxDelayMs / policy.baseDelayMs)));
}

/** What stands in a row with these failures, oldest first. */
function standing(failures: readonly number[], policy: ThrottlePolicy) {
  const last = failures.at(-1) ?? 0;
  const delay = delayAfter(failures.length, policy);
  const blockedUntil = delay === 0 ? 0 : last + delay;
  return {
    failures: toJson(failures),
    blocked_until: blockedUntil,
    expires_at: Math.max(last + policy.windowMs, blockedUntil),
  };
}

export function createThrottleStore(executor: Knex): SweepableThrottleStore {
  const one = (knex: Knex, tenant: TenantId, key: string) =>
    knex<ThrottleRow>('throttles').where({ tenant_id: tenant, id: rowId(key) });

  async function undo(transaction: Knex, tenant: TenantId, under: readonly Countable[], at: number): Promise<void> {
    for (const { key, policy } of under) {
      const row = await one(transaction, tenant, key).forUpdate().first();
      const failures = row === undefined ? [] : fromJson<readonly number[]>(row.failures);
      const index = failures.lastIndexOf(at);
      if (index >= 0) await one(transaction, tenant, key).update(standing(failures.toSpliced(index, 1), policy));
    }
  }

  return {
    countAttempt: (tenant, under, now) =>
      executor.transaction(async (transaction) => {
        const rows = () => transaction<ThrottleRow>('throttles');
        const placeOf = ({ key }: Countable) => ({ tenant_id: tenant, id: rowId(key) });
        // Inserting first makes everybody else who counts one of these keys wait until this count is written.
        await rows()
          .insert(under.map((one) => ({ ...placeOf(one), failures: '[]', blocked_until: 0, expires_at: now })))
          .onConflict(['tenant_id', 'id'])
          .merge({ id: transaction.ref('throttles.id') });
        const ids = under.map((one) => placeOf(one).id);
        const found = await rows().where({ tenant_id: tenant }).whereIn('id', ids);
        const rowOf = (one: Countable) => found.find(({ id }) => id === placeOf(one).id);
        const blockedUntil = (one: Countable): number => toTime(rowOf(one)?.blocked_until ?? 0);
        const until = Math.max(0, ...under.filter(({ isQuiet }) => isQuiet !== true).map(blockedUntil));
        if (until > now) return { kind: 'blocked', until };
        const open = under.filter((one) => blockedUntil(one) <= now);
        const counted = open.map((one) => {
          const row = rowOf(one);
          const before = row === undefined ? [] : fromJson<readonly number[]>(row.failures);
          const recent = before.filter((at) => at > now - one.policy.windowMs);
          return { ...placeOf(one), ...standing([...recent, now].slice(-countedBy(one.policy)), one.policy) };
        });
        if (counted.length > 0)
          await rows()
            .insert(counted)
            .onConflict(['tenant_id', 'id'])
            .merge(['failures', 'blocked_until', 'expires_at']);
        return { kind: 'counted', ...(open.length < under.length ? { isRefused: true } : {}) };
      }),

    take: (tenant, key, { burst, perMinute }: Allowance, now) =>
      executor.transaction(async (transaction) => {
        const place = { tenant_id: tenant, id: rowId(key) };
        const rows = () => transaction<ThrottleRow>('throttles');
        // As above: whoever else takes of it waits here until this one is written.
        await rows()
          .insert({ ...place, failures: '[]', blocked_until: 0, expires_at: now })
          .onConflict(['tenant_id', 'id'])
          .merge({ id: transaction.ref('throttles.id') });
        const row = await rows().where(place).first();
        // When all that was taken will have come back: the one number that a bucket is (GCRA, ITU-T I.371).
        const full = Math.max(now, toTime(row?.blocked_until ?? 0)) + Math.ceil(60_000 / perMinute);
        const isThere = full <= now + Math.ceil((burst * 60_000) / perMinute);
        const kept = isThere ? full : toTime(row?.blocked_until ?? 0);
        await rows().where(place).update({ blocked_until: kept, expires_at: kept });
        return isThere;
      }),

    takeBack: (tenant, under, at) => executor.transaction((transaction) => undo(transaction, tenant, under, at)),

    forgive: (tenant, forgotten, under, at) =>
      executor.transaction(async (transaction) => {
        await undo(transaction, tenant, under, at);
        for (const { key } of forgotten) await one(transaction, tenant, key).delete();
      }),

    removeExpired: (now, limit) =>
      removeExpiredRows(executor, { table: 'throttles', key: ['tenant_id', 'id'], column: 'expires_at' }, now, limit),
  };
}
