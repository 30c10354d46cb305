/** The password as the composition root lists it: what is kept of it in rows, and what logins ask for. */
import type { Database } from '../../db/knex.ts';
import type { CredentialDefinition, KeptCredential } from '../credential-kind.ts';
import { createPasswordKind, type PasswordKindDeps } from './password-kind.ts';
import { passwordItems, type PasswordSectionStores } from './password.section.ts';
import { createPasswordSetting, passwordOnPages, type PasswordSettingDeps } from './password-setting.service.ts';
import type { PasswordStores } from './password.service.ts';
import { createPasswordCredentialStore } from './password.store.ts';
import type { PasswordCredentialStore } from './password.ts';

export interface PasswordKindParts extends PasswordKindDeps, PasswordSettingDeps {}

export const passwordCredential: CredentialDefinition<
  Database,
  PasswordKindParts,
  PasswordSectionStores & PasswordStores
> = {
  mechanism: 'password',
  faults: ['password_missing', 'password_too_long', 'wrong_credentials', 'password_must_be_reset'],
  setting: passwordOnPages,
  tables: ['password_history', 'password_credentials'],
  otherTables: ['password_forms'],
  secretFields: ['new_password', 'old_password', 'hashed_password', 'password_hash'],
  exportable: passwordItems,
  kept: (executor) => keptPassword(createPasswordCredentialStore(executor)),
  create: (parts) => ({ ...createPasswordKind(parts), setting: createPasswordSetting(parts) }),
};

/** One that is to be reset is good for nothing: neither does it let anybody in, nor hold what it proved before. */
export function keptPassword(passwords: Pick<PasswordCredentialStore, 'findByUser'>): KeptCredential {
  return {
    async holds({ tenantId, poolId }, user, mark) {
      const credential = await passwords.findByUser(tenantId, poolId, user);
      return credential !== undefined && String(credential.version) === mark && credential.state !== 'must_be_reset';
    },
    async isWayIn({ tenantId, poolId, id }, isCalled) {
      const credential = await passwords.findByUser(tenantId, poolId, id);
      return isCalled && credential?.hash !== undefined && credential.state !== 'must_be_reset';
    },
    // It is what a reset sets anew.
    reset: () => Promise.resolve(),
  };
}
