/** Taking a consent back: what was granted ends with it, in the same transaction. */
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { ConsentId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { ArtifactStore } from '../oauth2/artifact.ts';
import type { AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { ConsentStore } from './consent.ts';

export interface ConsentStores {
  readonly consents: Pick<ConsentStore, 'find' | 'revoke'>;
  readonly artifacts: Pick<ArtifactStore, 'destroyByGrant'>;
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'removeByGrant'>;
  readonly outbox: Outbox;
}

export interface ConsentService {
  /**
   * Marks the consent revoked and ends every code and token of its grant. Revoking twice changes nothing.
   * @param subject who asks: the owner and nobody else
   * @throws PlatformError `not_found` when there is none, or it is somebody else's
   */
  revoke(tenant: TenantId, workspace: WorkspaceId, consent: ConsentId, subject: string): Promise<void>;
}

export function createConsentService(deps: {
  readonly unitOfWork: UnitOfWork<ConsentStores>;
  readonly clock: Clock;
}): ConsentService {
  return {
    revoke: (tenant, workspace, id, subject) =>
      deps.unitOfWork.run(async ({ consents, artifacts, snapshots, outbox }) => {
        const consent = await consents.find(tenant, workspace, id);
        // One answer for both: a consent's id is nobody's business but its owner's.
        if (consent?.subject !== subject) throw new PlatformError('not_found', 'There is no consent with this id.');
        if (!(await consents.revoke(tenant, workspace, id, deps.clock.now()))) return;
        await artifacts.destroyByGrant(tenant, workspace, consent.grantId);
        await snapshots.removeByGrant(tenant, workspace, consent.grantId);
        await outbox.append({
          tenantId: tenant,
          workspaceId: workspace,
          subject: 'consent',
          action: 'revoked',
          metadata: { client_id: consent.clientId, subject },
          payload: {
            consent_revoked: { consent: { id, type: consent.type, scopes: consent.grantedScopes } },
          },
        });
      }),
  };
}
