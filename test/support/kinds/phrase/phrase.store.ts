/** Recovery phrases in rows of their own, and the migration that makes them. */
import { createHash } from 'node:crypto';
import type { KindMigration, PoolPlace } from '../../../../server/credentials/credential-kind.ts';
import type { Database } from '../../../../server/db/knex.ts';
import type { UserId } from '../../../../server/kernel/ids.ts';

interface Row {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly phrase_hash: string;
  /** To be replaced, with 1. */
  readonly is_worn: number;
}

interface SpentRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly phrase_hash: string;
}

/** As it is kept. */
export interface KeptPhrase {
  readonly hash: string;
  /** It is right, and to be replaced by who signs in with it. */
  readonly isWorn: boolean;
}

export const phraseTable = 'recovery_phrases';
/** Nobody has a phrase that somebody in the pool had before. */
export const spentTable = 'recovery_phrases_spent';

export const hashOf = (phrase: string): string => createHash('sha256').update(phrase.trim()).digest('hex');

export const phraseTables: KindMigration<Database> = {
  name: '0001_recovery_phrases',
  async up(knex) {
    const words = (names: readonly string[], make: (name: string) => void) => {
      names.forEach(make);
    };
    await knex.schema.createTable(phraseTable, (columns) => {
      words(['tenant_id', 'pool_id', 'user_id', 'phrase_hash'], (name) =>
        columns.string(name, 64).collate('utf8mb4_bin').notNullable(),
      );
      columns.integer('is_worn').notNullable();
      columns.primary(['tenant_id', 'pool_id', 'user_id']);
      columns
        .foreign(['tenant_id', 'pool_id', 'user_id'])
        .references(['tenant_id', 'pool_id', 'id'])
        .inTable('users')
        .onDelete('CASCADE');
    });
    await knex.schema.createTable(spentTable, (columns) => {
      words(['tenant_id', 'pool_id', 'phrase_hash'], (name) =>
        columns.string(name, 64).collate('utf8mb4_bin').notNullable(),
      );
      columns.primary(['tenant_id', 'pool_id', 'phrase_hash']);
    });
  },
  async down(knex) {
    await knex.schema.dropTableIfExists(spentTable);
    await knex.schema.dropTableIfExists(phraseTable);
  },
};

export function phrasesOn(database: Database) {
  const of = ({ tenantId, poolId }: PoolPlace, user: UserId) =>
    database<Row>(phraseTable).where({ tenant_id: tenantId, pool_id: poolId, user_id: user });
  const spent = ({ tenantId, poolId }: PoolPlace) =>
    database<SpentRow>(spentTable).where({ tenant_id: tenantId, pool_id: poolId });
  const put = async ({ tenantId, poolId }: PoolPlace, user: UserId, { hash, isWorn }: KeptPhrase): Promise<void> => {
    const row: Row = {
      tenant_id: tenantId,
      pool_id: poolId,
      user_id: user,
      phrase_hash: hash,
      is_worn: isWorn ? 1 : 0,
    };
    await database<Row>(phraseTable).insert(row).onConflict(['tenant_id', 'pool_id', 'user_id']).merge();
  };
  const find = async (place: PoolPlace, user: UserId): Promise<KeptPhrase | undefined> => {
    const row = await of(place, user).first();
    return row && { hash: row.phrase_hash, isWorn: row.is_worn === 1 };
  };
  return {
    find,
    put,
    hashOf: async (place: PoolPlace, user: UserId): Promise<string | undefined> => (await find(place, user))?.hash,
    give: (place: PoolPlace, user: UserId, phrase: string): Promise<void> =>
      put(place, user, { hash: hashOf(phrase), isWorn: false }),
    async wear(place: PoolPlace, user: UserId): Promise<void> {
      await of(place, user).update({ is_worn: 1 });
    },
    async take(place: PoolPlace, user: UserId): Promise<void> {
      await of(place, user).delete();
    },
    isSpent: async (place: PoolPlace, hash: string): Promise<boolean> =>
      (await spent(place).where({ phrase_hash: hash }).first()) !== undefined,
    async spend({ tenantId, poolId }: PoolPlace, hash: string): Promise<void> {
      await database<SpentRow>(spentTable)
        .insert({ tenant_id: tenantId, pool_id: poolId, phrase_hash: hash })
        .onConflict(['tenant_id', 'pool_id', 'phrase_hash'])
        .ignore();
    },
  };
}
