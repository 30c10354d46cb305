/** Changing what a workspace's tokens say of people: its protocol engine is built from it, so its revision grows with each change. */
import { protocolClaims } from '../extension-points/claims.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { checkGivenId, claimId, newId, type ClaimId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { mostClaims, type Claim, type ClaimStore } from './claim.ts';
import type { WorkspaceStore } from './workspace.ts';

export interface ClaimServiceStores {
  readonly workspaces: Pick<WorkspaceStore, 'touch'>;
  readonly claims: Pick<ClaimStore, 'list' | 'findHeld' | 'insert' | 'update' | 'remove'>;
  readonly outbox: Outbox;
}

export type ClaimWords = Omit<Claim, 'tenantId' | 'workspaceId' | 'id'>;

export interface ClaimPlace {
  readonly tenantId: TenantId;
  readonly id: ClaimId;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: Claim) => void;
}

export interface ClaimService {
  /** @param id random where it is empty. @throws PlatformError `unprocessable_entity`, `conflict`, `not_found` */
  create(tenant: TenantId, workspace: WorkspaceId, id: string, words: ClaimWords): Promise<Claim>;
  /** @throws PlatformError `not_found`, `unprocessable_entity`, `conflict` */
  update(place: ClaimPlace, words: ClaimWords): Promise<Claim>;
  /** @throws PlatformError `not_found` */
  remove(place: ClaimPlace): Promise<Claim>;
}

/** @throws PlatformError `unprocessable_entity` */
export function checkClaim({ name, type, isOpaque }: Pick<Claim, 'name' | 'type' | 'isOpaque'>): void {
  if (protocolClaims.has(name))
    throw unprocessable('/name', `${name} is the protocol's own: who issued a token, to whom, until when.`);
  if (isOpaque && type !== 'id_token')
    throw unprocessable('/opaque', 'What an access token says, everybody can read who has it.');
}

export function createClaimService(deps: { readonly unitOfWork: UnitOfWork<ClaimServiceStores> }): ClaimService {
  const { unitOfWork } = deps;

  const change = async (
    stores: ClaimServiceStores,
    { tenantId, workspaceId, id, name, type }: Claim,
    action: 'created' | 'updated' | 'deleted',
  ): Promise<void> => {
    await stores.workspaces.touch(tenantId, workspaceId);
    const payload = { [`claims_${action}`]: { id, name, type } };
    await stores.outbox.append({ tenantId, workspaceId, subject: 'claims', action, metadata: {}, payload });
  };

  const found = async ({ claims }: ClaimServiceStores, { tenantId, id, check }: ClaimPlace): Promise<Claim> => {
    const claim = await claims.findHeld(tenantId, id);
    if (claim === undefined) throw new PlatformError('not_found', 'There is no such claim.');
    check?.(claim);
    return claim;
  };

  return {
    async create(tenantId, workspaceId, wanted, words) {
      checkClaim(words);
      const id = claimId(wanted === '' ? newId() : wanted);
      checkGivenId(id);
      return unitOfWork.run(async (stores) => {
        const claim: Claim = { tenantId, workspaceId, id, ...words };
        await change(stores, claim, 'created');
        if ((await stores.claims.list(tenantId, workspaceId)).length >= mostClaims)
          throw unprocessable('', `A workspace has at most ${String(mostClaims)} claims.`);
        await stores.claims.insert(claim);
        return claim;
      });
    },

    async update(place, words) {
      checkClaim(words);
      return unitOfWork.run(async (stores) => {
        const claim: Claim = { ...(await found(stores, place)), ...words };
        await change(stores, claim, 'updated');
        await stores.claims.update(claim);
        return claim;
      });
    },

    remove: (place) =>
      unitOfWork.run(async (stores) => {
        const claim = await found(stores, place);
        await change(stores, claim, 'deleted');
        await stores.claims.remove(claim.tenantId, claim.id);
        return claim;
      }),
  };
}
