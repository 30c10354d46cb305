/** A kind of credential that the house does not have: a recovery phrase. Nothing but this folder knows of it. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { KindDefinition } from '../../../../server/compose-kinds.ts';
import type { CredentialKind, KeptCredential, PoolPlace } from '../../../../server/credentials/credential-kind.ts';
import type { Database } from '../../../../server/db/knex.ts';
import { userId, type UserId } from '../../../../server/kernel/ids.ts';

interface Row {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly phrase_hash: string;
}

const table = 'recovery_phrases';
const field = 'phrase';
const nobody = userId('0'.repeat(32));
const hashOf = (phrase: string): string => createHash('sha256').update(phrase.trim()).digest('hex');

/** As a migration of the kind would make it. */
export async function createPhraseTable({ schema }: Database): Promise<void> {
  await schema.createTable(table, (columns) => {
    for (const name of ['tenant_id', 'pool_id', 'user_id']) columns.string(name, 64).notNullable();
    columns.string('phrase_hash', 64).notNullable();
    columns.primary(['tenant_id', 'pool_id', 'user_id']);
    columns
      .foreign(['tenant_id', 'pool_id', 'user_id'])
      .references(['tenant_id', 'pool_id', 'id'])
      .inTable('users')
      .onDelete('CASCADE');
  });
}

export function phrasesOn(database: Database) {
  const of = ({ tenantId, poolId }: PoolPlace, user: UserId) =>
    database<Row>(table).where({ tenant_id: tenantId, pool_id: poolId, user_id: user });
  return {
    hashOf: async (place: PoolPlace, user: UserId): Promise<string | undefined> =>
      (await of(place, user).first())?.phrase_hash,
    async give({ tenantId, poolId }: PoolPlace, user: UserId, phrase: string): Promise<void> {
      const row = { tenant_id: tenantId, pool_id: poolId, user_id: user, phrase_hash: hashOf(phrase) };
      await database<Row>(table).insert(row).onConflict(['tenant_id', 'pool_id', 'user_id']).merge();
    },
    async take(place: PoolPlace, user: UserId): Promise<void> {
      await of(place, user).delete();
    },
  };
}

function keptPhrases(database: Database): KeptCredential {
  const phrases = phrasesOn(database);
  return {
    holds: async (place, user, mark) => (await phrases.hashOf(place, user)) === mark,
    isWayIn: async (holder, isCalled) => isCalled && (await phrases.hashOf(holder, holder.id)) !== undefined,
    reset: (holder) => phrases.take(holder, holder.id),
  };
}

function createPhraseKind(database: Database): CredentialKind {
  const phrases = phrasesOn(database);
  return {
    mechanism: 'phrase',
    amr: 'kba',
    isGoodOnce: false,
    wrong: { field, text: 'wrong_phrase' },
    faultOf: ({ phrase = '' }) => (phrase.trim() === '' ? { field, text: 'phrase_missing' } : undefined),
    ask: () => Promise.resolve({ phrase: { words: 4 } }),
    async verify({ pool, user }, { phrase = '' }) {
      const place = { tenantId: pool.tenantId, poolId: pool.id };
      const stored = (await phrases.hashOf(place, user?.id ?? nobody)) ?? hashOf('');
      const isRight = timingSafeEqual(Buffer.from(stored), Buffer.from(hashOf(phrase)));
      return isRight ? { kind: 'right', mark: stored } : { kind: 'wrong' };
    },
  };
}

export const phraseCredential: KindDefinition = {
  mechanism: 'phrase',
  faults: ['phrase_missing', 'wrong_phrase'],
  templates: import.meta.dirname,
  tables: [table],
  kept: keptPhrases,
  create: ({ database }) => createPhraseKind(database),
};
