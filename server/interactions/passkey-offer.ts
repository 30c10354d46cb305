/** The step of a login that offers a passkey for the next time, right after the first factor. */
import { isOffered, mayAddPasskey } from '../credentials/passkey/passkey.ts';
import type { Offer } from './login-case.ts';
import { provenSoFar } from './proven-so-far.ts';

/** Its name, also in its page's address. */
export const passkeyOfferStep = 'passkey-offer';

/** @param now milliseconds since the epoch */
export function passkeyOffer(now: () => number): Offer {
  return {
    id: passkeyOfferStep,
    async isWanted(stores, { interaction }, { userId, idpId, amr, authTime }) {
      const { tenantId, workspaceId, id } = interaction;
      if (userId === undefined || !mayAddPasskey(authTime, now())) return false;
      const proven = provenSoFar(await stores.proofs.listOf(tenantId, workspaceId, id));
      // A session brings no credential along: whoever comes with one proved themselves in another login, and was asked there.
      if (proven?.credential === undefined || proven.passed.has(passkeyOfferStep)) return false;
      const idp = await stores.idps.find(tenantId, workspaceId, idpId);
      const pool = idp?.method === 'identity_pool' ? await stores.pools.find(tenantId, idp.poolId) : undefined;
      if (pool?.authenticationMechanisms.includes('webauthn') !== true) return false;
      const passkeys = await stores.passkeys.listOf(tenantId, pool.id, userId);
      return isOffered(pool, passkeys.length, amr);
    },
  };
}
