/** A passkey made on a page by who is new, or adds one after a code: in the place of anything typed. */
import { isPlatformError } from '../../kernel/errors.ts';
import type { CredentialSetting, SettingFault } from '../credential-setting.ts';
import { answerIn, creationBody } from './passkey.body.ts';
import { passkeyField } from './passkey-kind.ts';
import type { PasskeyPages } from './passkey-pages.service.ts';
import type { PasskeyService, PasskeyStores } from './passkey.service.ts';
import { passkeyKey } from './passkey.ts';

export interface PasskeySettingDeps {
  readonly pages: Pick<PasskeyPages, 'beginRegistration' | 'finishRegistration'>;
  readonly service: Pick<PasskeyService, 'addIn'>;
}

export const passkeyOnPages = {
  manner: 'made',
  isForNewcomers: true,
  // It never expires.
  replaces: false,
  faults: ['passkey_missing', 'passkey_refused'],
} as const;

const faultOf = (text: (typeof passkeyOnPages.faults)[number]): SettingFault => ({ field: passkeyField, text });
const refused = { kind: 'refused', fault: faultOf('passkey_refused') } as const;

export function createPasskeySetting({ pages, service }: PasskeySettingDeps): CredentialSetting<PasskeyStores> {
  const isGiven = ({ [passkeyField]: made = '' }: Readonly<Record<string, string>>): boolean => made !== '';
  return {
    ...passkeyOnPages,
    async show({ pool, nonce, name }) {
      if (nonce === undefined) return undefined;
      const begun = await pages.beginRegistration({ tenantId: pool.tenantId, poolId: pool.id }, name, nonce);
      return begun && { options: JSON.stringify(begun.publicKey) };
    },
    isGiven,
    async read(answer, { pool, nonce, browser }) {
      if (!isGiven(answer)) return { kind: 'refused', fault: faultOf('passkey_missing') };
      const response = answerIn(creationBody, answer[passkeyField]);
      if (response === undefined || nonce === undefined) return refused;
      const made = await pages.finishRegistration({ tenantId: pool.tenantId, poolId: pool.id }, nonce, response);
      if (made === undefined) return refused;
      return {
        kind: 'given',
        prepare: (at) =>
          Promise.resolve(async (stores) => passkeyKey((await service.addIn(stores, at, made.passkey, browser)).id)),
        // Somebody has it, or they have as many as they may.
        faultIn: (error) =>
          isPlatformError(error, 'conflict') || isPlatformError(error, 'unprocessable_entity')
            ? faultOf('passkey_refused')
            : undefined,
      };
    },
  };
}
