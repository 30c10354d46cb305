/** A new password on a page: a newcomer's first, or in the place of one that was right and has expired. */
import type { CredentialSetting, GivenCredential } from '../credential-setting.ts';
import { isTooLong } from './hasher.ts';
import type { PasswordService, PasswordStores } from './password.service.ts';
import { failedRulesIn, rulesShown } from './rules-shown.ts';

export interface PasswordSettingDeps {
  readonly passwordService: Pick<PasswordService, 'prepareReset' | 'prepareChange'>;
}

export const passwordOnPages = {
  manner: 'typed',
  isForNewcomers: true,
  replaces: true,
  faults: ['password_missing', 'password_too_long', 'password_refused'],
} as const;

const field = 'password';
const pointer = `/${field}`;

export function createPasswordSetting({ passwordService }: PasswordSettingDeps): CredentialSetting<PasswordStores> {
  const given = (password: string): GivenCredential<PasswordStores> => ({
    kind: 'given',
    async prepare({ tenantId, poolId, id }, instead) {
      const owner = { tenantId, poolId, userId: id };
      const write = await (instead.kind === 'nothing'
        ? passwordService.prepareReset(owner, password, pointer, 'gone')
        : passwordService.prepareChange(owner, { mark: instead.mark, new: password, pointer }));
      return async (stores) => String((await write(stores)).version);
    },
    faultIn(error) {
      const details = failedRulesIn(error);
      return details && { field, text: 'password_refused', details };
    },
  });

  return {
    ...passwordOnPages,
    show: ({ pool, isFirst }, details) => Promise.resolve({ rules: rulesShown(pool, details, isFirst) }),
    isGiven: ({ password = '' }) => password !== '',
    read({ password = '' }) {
      if (password !== '' && !isTooLong(password)) return Promise.resolve(given(password));
      const text = password === '' ? 'password_missing' : 'password_too_long';
      return Promise.resolve({ kind: 'refused', fault: { field, text } });
    },
  };
}
