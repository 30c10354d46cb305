/** The passkey as the composition root lists it: what is kept of it in rows, and what logins ask for. */
import type { Database } from '../../db/knex.ts';
import type { CredentialDefinition, CredentialKind, KeptCredential } from '../credential-kind.ts';
import { createDisguise } from './disguise.ts';
import { tellOfPasskey } from './passkey-event.ts';
import { createPasskeyKind, type PasskeyKind, type PasskeyKindDeps } from './passkey-kind.ts';
import { createPasskeyPages, type PasskeyPages, type PasskeyPagesDeps } from './passkey-pages.service.ts';
import { createPasskeySetting, passkeyOnPages } from './passkey-setting.service.ts';
import { createPasskeyService, type PasskeyService, type PasskeyStores } from './passkey.service.ts';
import { passkeyItems, type PasskeySectionStores } from './passkey.section.ts';
import { createPasskeyChallengeStore } from './passkey-challenge.store.ts';
import { createPasskeyStore } from './passkey.store.ts';
import type { PasskeyStore } from './passkey.ts';
import type { UnitOfWork } from '../../kernel/unit-of-work.ts';

export interface PasskeyKindParts
  extends Omit<PasskeyKindDeps, 'disguise' | 'unitOfWork'>, Omit<PasskeyPagesDeps, 'kind' | 'disguise'> {
  readonly unitOfWork: UnitOfWork<PasskeyStores>;
  readonly deriveKey: (purpose: string) => Uint8Array;
}

/** All that is done with passkeys, by whichever of its parts somebody asks. */
export interface Passkeys {
  readonly kind: PasskeyKind & CredentialKind<PasskeyStores>;
  readonly pages: PasskeyPages;
  readonly service: PasskeyService;
}

export function createPasskeys(parts: PasskeyKindParts): Passkeys {
  const disguise = createDisguise(parts.deriveKey('passkeys'));
  const kind = createPasskeyKind({ ...parts, disguise });
  const pages = createPasskeyPages({ ...parts, kind, disguise });
  const service = createPasskeyService({ ...parts, disguise });
  return { kind: { ...kind, setting: createPasskeySetting({ pages, service }) }, pages, service };
}

export const passkeyCredential: CredentialDefinition<Database, PasskeyKindParts, PasskeySectionStores & PasskeyStores> =
  {
    mechanism: 'webauthn',
    faults: ['wrong_passkey'],
    names: true,
    setting: passkeyOnPages,
    tables: ['passkeys'],
    otherTables: ['passkey_challenges'],
    // What an authenticator signed is good once, under one nonce; all the same it is nobody's to read.
    secretFields: ['web_authn'],
    expiring: { name: 'passkeyChallenges', rows: createPasskeyChallengeStore },
    exportable: passkeyItems,
    kept: (executor) => keptPasskeys(createPasskeyStore(executor)),
    create: (parts) => createPasskeys(parts).kind,
  };

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
