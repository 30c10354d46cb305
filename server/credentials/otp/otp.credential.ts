/** The one-time code as the composition root lists it: what logins ask for. Its rows are those of codes and of addresses. */
import type { Database } from '../../db/knex.ts';
import { createAddressStore } from '../../users/address.store.ts';
import type { CredentialDefinition } from '../credential-kind.ts';
import { createOtpKind, keptAddresses, type OtpKindDeps } from './otp-kind.ts';

export const otpCredential: CredentialDefinition<Database, OtpKindDeps, unknown> = {
  mechanism: 'otp',
  faults: ['otp_missing', 'otp_malformed', 'wrong_code', 'address_missing'],
  tables: [],
  secretFields: [],
  kept: (executor) => keptAddresses(createAddressStore(executor)),
  create: createOtpKind,
};
