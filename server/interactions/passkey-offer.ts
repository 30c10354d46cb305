/** The step of a login that offers a passkey for the next time, right after the first factor. */
import { isOffered, mayAddPasskey } from '../credentials/passkey/passkey.ts';
import type { IdpStore } from '../idps/idp.ts';
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';
import type { Interaction } from './interaction.ts';
import type { OwnStep } from './login-case.ts';
import type { ProvenCredential } from '../credentials/credential-kind.ts';
import type { ProofStore } from './proof.ts';
import { provenSoFar } from './proven-so-far.ts';

/** Its name, also in its page's address. */
export const passkeyOfferStep = 'passkey-offer';

/** @param now milliseconds since the epoch */
export function passkeyOffer(now: () => number): OwnStep {
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

/** Somebody in a login. */
export interface OfferedPerson {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly id: UserId;
  /** Seconds since the epoch. */
  readonly authTime: number;
  readonly credential: ProvenCredential | undefined;
}

/** @returns undefined for somebody of no pool, who has no passkeys */
export async function offeredTo(
  stores: { readonly idps: Pick<IdpStore, 'find'>; readonly proofs: Pick<ProofStore, 'listOf'> },
  { interaction }: { readonly interaction: Interaction },
): Promise<OfferedPerson | undefined> {
  const { tenantId, workspaceId, person } = interaction;
  if (person?.userId === undefined) return undefined;
  const idp = await stores.idps.find(tenantId, workspaceId, person.idpId);
  if (idp?.method !== 'identity_pool') return undefined;
  const proven = provenSoFar(await stores.proofs.listOf(tenantId, workspaceId, interaction.id));
  const { credential } = proven ?? {};
  return { tenantId, poolId: idp.poolId, id: person.userId, authTime: person.authTime, credential };
}
