/** The passkey as the composition root lists it: what is kept of it in rows, and what logins ask for. */
import type { Database } from '../../db/knex.ts';
import type { CredentialDefinition, KeptCredential } from '../credential-kind.ts';
import { createDisguise } from './disguise.ts';
import { tellOfPasskey } from './passkey-event.ts';
import { createPasskeyKind, type PasskeyKind, type PasskeyKindDeps } from './passkey-kind.ts';
import { passkeyItems, type PasskeySectionStores } from './passkey.section.ts';
import { createPasskeyStore } from './passkey.store.ts';
import type { PasskeyStore } from './passkey.ts';

export interface PasskeyKindParts extends Omit<PasskeyKindDeps, 'disguise'> {
  readonly deriveKey: (purpose: string) => Uint8Array;
}

/** Under the one key of the deployment: whoever makes it, it is the same. */
export const passkeyDisguise = ({ deriveKey }: Pick<PasskeyKindParts, 'deriveKey'>) =>
  createDisguise(deriveKey('passkeys'));

export const passkeyCredential = {
  mechanism: 'webauthn',
  faults: ['wrong_passkey'],
  tables: ['passkeys'],
  otherTables: ['passkey_challenges'],
  // What an authenticator signed is good once, under one nonce; all the same it is nobody's to read.
  secretFields: ['web_authn'],
  exportable: passkeyItems,
  kept: (executor) => keptPasskeys(createPasskeyStore(executor)),
  create: (parts): PasskeyKind => createPasskeyKind({ ...parts, disguise: passkeyDisguise(parts) }),
} as const satisfies CredentialDefinition<Database, PasskeyKindParts, PasskeySectionStores>;

export function keptPasskeys(passkeys: Pick<PasskeyStore, 'find' | 'listOf' | 'listHeld' | 'remove'>): KeptCredential {
  return {
    holds: async ({ tenantId, poolId }, user, mark) => (await passkeys.find(tenantId, poolId, mark))?.userId === user,
    isWayIn: async ({ tenantId, poolId, id }) => (await passkeys.listOf(tenantId, poolId, id)).length > 0,
    // Whoever had to be kept out may have made one of them, and none says which.
    async reset(holder, outbox) {
      const { tenantId, poolId, id } = holder;
      for (const passkey of await passkeys.listHeld(tenantId, poolId, id)) {
        await passkeys.remove(tenantId, poolId, id, passkey.id);
        await tellOfPasskey({ outbox }, holder, 'deleted', passkey.id);
      }
    },
  };
}
