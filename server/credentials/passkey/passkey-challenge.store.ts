/** Open challenges in rows: only their hashes, a few for each person, each spent once. */
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { TimeColumn } from '../../db/columns.ts';
import { removeExpiredRows } from '../../db/expired-rows.ts';
import type { PoolId, TenantId, UserId } from '../../kernel/ids.ts';
import { mostChallenges, type PasskeyChallengeStore } from './passkey.ts';

interface ChallengeRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly challenge_hash: string;
  readonly expires_at: TimeColumn;
}

export interface SweepablePasskeyChallengeStore extends PasskeyChallengeStore {
  /** Removes up to `limit` challenges that are over. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

const hashOf = (challenge: string): string => createHash('sha256').update(challenge).digest('base64url');

export function createPasskeyChallengeStore(executor: Knex): SweepablePasskeyChallengeStore {
  const of = (tenant: TenantId, pool: PoolId, user: UserId) =>
    executor<ChallengeRow>('passkey_challenges').where({ tenant_id: tenant, pool_id: pool, user_id: user });

  return {
    async insert(tenant, pool, user, challenge, expiresAt) {
      const open = await of(tenant, pool, user).select('challenge_hash', 'expires_at');
      const over = open
        .toSorted((one, other) => Number(other.expires_at) - Number(one.expires_at))
        .slice(mostChallenges - 1)
        .map(({ challenge_hash: hash }) => hash);
      if (over.length > 0) await of(tenant, pool, user).whereIn('challenge_hash', over).delete();
      await executor<ChallengeRow>('passkey_challenges').insert({
        tenant_id: tenant,
        pool_id: pool,
        user_id: user,
        challenge_hash: hashOf(challenge),
        expires_at: expiresAt,
      });
    },

    take: async (tenant, pool, user, challenge, now) =>
      (await of(tenant, pool, user)
        .where({ challenge_hash: hashOf(challenge) })
        .where('expires_at', '>', now)
        .delete()) === 1,

    removeExpired: (now, limit) =>
      removeExpiredRows(
        executor,
        {
          table: 'passkey_challenges',
          key: ['tenant_id', 'pool_id', 'user_id', 'challenge_hash'],
          column: 'expires_at',
        },
        now,
        limit,
      ),
  };
}
