/** Failures in rows: the times of each key's last failures, so that a window slides and nothing is counted twice. */
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { fromJson, toJson, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import type { TenantId } from '../kernel/ids.ts';
import { delayAfter, type ThrottlePolicy, type ThrottleStore } from './throttle.ts';

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

  return {
    countAttempt: (tenant, key, policy, now) =>
      executor.transaction(async (transaction) => {
        // Inserting first makes everybody else who counts this key wait until this count is written.
        await transaction<ThrottleRow>('throttles')
          .insert({ tenant_id: tenant, id: rowId(key), failures: '[]', blocked_until: 0, expires_at: now })
          .onConflict(['tenant_id', 'id'])
          .merge({ id: transaction.ref('throttles.id') });
        const row = await one(transaction, tenant, key).first();
        const until = row === undefined ? 0 : toTime(row.blocked_until);
        if (until > now) return { kind: 'blocked', until };
        const before = row === undefined ? [] : fromJson<readonly number[]>(row.failures);
        const failures = [...before.filter((at) => at > now - policy.windowMs), now].slice(-countedBy(policy));
        await one(transaction, tenant, key).update(standing(failures, policy));
        return { kind: 'counted' };
      }),

    takeBack: (tenant, key, policy, at) =>
      executor.transaction(async (transaction) => {
        const row = await one(transaction, tenant, key).forUpdate().first();
        if (row === undefined) return;
        const failures = fromJson<readonly number[]>(row.failures);
        const index = failures.lastIndexOf(at);
        if (index < 0) return;
        await one(transaction, tenant, key).update(standing(failures.toSpliced(index, 1), policy));
      }),

    async clear(tenant, key) {
      await one(executor, tenant, key).delete();
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(executor, { table: 'throttles', key: ['tenant_id', 'id'], column: 'expires_at' }, now, limit),
  };
}
