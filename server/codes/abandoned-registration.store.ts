/** Finds abandoned registrations in rows: by an index that holds nobody else, save who has something of somebody's doing. */
import type { Knex } from 'knex';
import { poolId, tenantId, userId } from '../kernel/ids.ts';
import type { AbandonedRegistrationStore } from './abandoned-registration.ts';

interface Row {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly id: string;
}

/** With a row of theirs in any of these, somebody did something for them. */
const owned = ['user_group_members'] as const;

/** @param tables of all kinds of credentials: as with what is `owned`, each has a tenant, a pool and a user */
export function createAbandonedRegistrationStore(
  executor: Knex,
  tables: readonly string[],
): AbandonedRegistrationStore {
  const ofPerson = (table: string, column = 'user_id') =>
    executor(table)
      .select(executor.raw('1'))
      .whereRaw('?? = ?? AND ?? = ?? AND ?? = ??', [
        `${table}.tenant_id`,
        'users.tenant_id',
        `${table}.pool_id`,
        'users.pool_id',
        `${table}.${column}`,
        'users.id',
      ]);

  const abandoned = (before: number, now: number) => {
    const query = executor<Row>('users').where('users.status', 'new').where('users.registered_at', '<', before);
    for (const table of [...tables, ...owned]) void query.whereNotExists(ofPerson(table));
    return (
      query
        .whereNotExists(ofPerson('verifiable_addresses').whereNotNull('verified_at'))
        // Also one that was sent anew since, and one that is being redeemed.
        .whereNotExists(ofPerson('codes', 'owner_id').where('expires_at', '>', now))
        .whereNotExists(
          executor('role_grants')
            .select(executor.raw('1'))
            .where({ 'role_grants.subject_type': 'identity_pool_user' })
            .whereRaw('?? = ?? AND ?? = ?? AND ?? = ??', [
              'role_grants.tenant_id',
              'users.tenant_id',
              'role_grants.subject_place',
              'users.pool_id',
              'role_grants.subject_id',
              'users.id',
            ]),
        )
    );
  };

  return {
    async list(before, now, limit) {
      const rows = await abandoned(before, now)
        .orderBy('users.registered_at')
        .limit(limit)
        .select<Row[]>('users.tenant_id', 'users.pool_id', 'users.id');
      return rows.map((row) => ({
        tenantId: tenantId(row.tenant_id),
        poolId: poolId(row.pool_id),
        id: userId(row.id),
      }));
    },

    async isAbandoned({ tenantId: tenant, poolId: pool, id }, before, now) {
      const row: unknown = await abandoned(before, now)
        .where('users.tenant_id', tenant)
        .where('users.pool_id', pool)
        .where('users.id', id)
        .first('users.id');
      return row !== undefined;
    },
  };
}
