/** A recovery phrase chosen on a page: a newcomer's first, or in the place of one that is worn. Never one of before. */
import type { CredentialSetting, SettingFault } from '../../../../server/credentials/credential-setting.ts';
import type { PluginTransaction } from '../../../../server/extension-points/host.ts';
import { PlatformError } from '../../../../server/kernel/errors.ts';
import { hashOf, phrasesOn } from './phrase.store.ts';

export interface PhraseSettingStores {
  readonly lent: PluginTransaction;
}

export const phraseOnPages = {
  manner: 'typed',
  isForNewcomers: true,
  replaces: true,
  faults: ['phrase_too_short', 'phrase_spent'],
} as const;

const words = 4;
const fault = (text: (typeof phraseOnPages.faults)[number]): SettingFault => ({ field: 'new_phrase', text });
const spent = new PlatformError('unprocessable_entity', 'Somebody had this phrase before.');

export function createPhraseSetting(): CredentialSetting<PhraseSettingStores> {
  return {
    ...phraseOnPages,
    show: () => Promise.resolve({ words }),
    isGiven: ({ new_phrase: phrase = '' }) => phrase !== '',
    read({ new_phrase: phrase = '' }) {
      if (phrase.trim().split(/\s+/).length < words)
        return Promise.resolve({ kind: 'refused', fault: fault('phrase_too_short') });
      const hash = hashOf(phrase);
      return Promise.resolve({
        kind: 'given',
        prepare: ({ tenantId, poolId, id }, instead) =>
          Promise.resolve(async ({ lent }) => {
            const place = { tenantId, poolId };
            const phrases = phrasesOn(lent.database);
            const before = await phrases.hashOf(place, id);
            if (before !== (instead.kind === 'proven' ? instead.mark : undefined))
              throw new PlatformError('conflict', 'The phrase was changed meanwhile.');
            if (before !== undefined) await phrases.spend(place, before);
            if (await phrases.isSpent(place, hash)) throw spent;
            await phrases.put(place, id, { hash, isWorn: false });
            return hash;
          }),
        faultIn: (error) => (error === spent ? fault('phrase_spent') : undefined),
      });
    },
  };
}
