/** A kind of credential that the house does not have: a recovery phrase. Nothing but this folder knows of it. */
import { timingSafeEqual } from 'node:crypto';
import type { KindDefinition } from '../../../../server/compose-kinds.ts';
import type { CredentialKind, KeptCredential } from '../../../../server/credentials/credential-kind.ts';
import type { Database } from '../../../../server/db/knex.ts';
import { userId } from '../../../../server/kernel/ids.ts';
import { phraseItems } from './phrase.section.ts';
import { createPhraseSetting, phraseOnPages, type PhraseSettingStores } from './phrase-setting.ts';
import { hashOf, phrasesOn, phraseTable, phraseTables, spentTable } from './phrase.store.ts';

const field = 'phrase';
const nobody = userId('0'.repeat(32));

function keptPhrases(database: Database): KeptCredential {
  const phrases = phrasesOn(database);
  return {
    holds: async (place, user, mark) => (await phrases.hashOf(place, user)) === mark,
    isWayIn: async (holder, isCalled) => isCalled && (await phrases.hashOf(holder, holder.id)) !== undefined,
    reset: (holder) => phrases.take(holder, holder.id),
  };
}

function createPhraseKind(database: Database): CredentialKind<PhraseSettingStores> {
  const phrases = phrasesOn(database);
  return {
    mechanism: 'phrase',
    amr: 'kba',
    isGoodOnce: false,
    setting: createPhraseSetting(),
    wrong: { field, text: 'wrong_phrase' },
    faultOf: ({ phrase = '' }) => (phrase.trim() === '' ? { field, text: 'phrase_missing' } : undefined),
    ask: () => Promise.resolve({ phrase: { words: 4 } }),
    async verify({ pool, user }, { phrase = '' }) {
      const place = { tenantId: pool.tenantId, poolId: pool.id };
      const stored = (await phrases.find(place, user?.id ?? nobody)) ?? { hash: hashOf(''), isWorn: false };
      const isRight = timingSafeEqual(Buffer.from(stored.hash), Buffer.from(hashOf(phrase)));
      if (!isRight) return { kind: 'wrong' };
      const right = { kind: 'right', mark: stored.hash } as const;
      return stored.isWorn ? { ...right, mustReplace: 'expired' } : right;
    },
  };
}

export const phraseCredential: KindDefinition = {
  mechanism: 'phrase',
  faults: ['phrase_missing', 'wrong_phrase'],
  setting: phraseOnPages,
  templates: import.meta.dirname,
  migrations: [phraseTables],
  tables: [phraseTable],
  otherTables: [spentTable],
  secretFields: ['new_phrase', 'phrase_hash'],
  exportable: phraseItems,
  kept: keptPhrases,
  create: ({ database }) => createPhraseKind(database),
};
