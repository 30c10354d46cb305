/** Ending all that people, or a consent, were given in a workspace: at once where it decides, then row by row. */
import type { ConsentStore } from '../consents/consent.ts';
import type { IdpStore } from '../idps/idp.ts';
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { ConsentId, IdpId, PoolId, TenantId, UserId, WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { PoolStore } from '../pools/pool.ts';
import type { RevocationStore } from '../sessions/revocation.ts';
import { subjectFor } from '../users/subject.ts';
import type { Workspace, WorkspaceStore } from '../workspaces/workspace.ts';
import type { ArtifactOwner, ArtifactStore } from './artifact.ts';

export interface RevocationStores {
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly consents: Pick<ConsentStore, 'find'>;
  readonly idps: Pick<IdpStore, 'find' | 'listOfPool'>;
  readonly pools: Pick<PoolStore, 'find'>;
  readonly artifacts: Pick<ArtifactStore, 'destroySome'>;
  readonly revocations: Pick<RevocationStore, 'revoke'>;
  readonly outbox: Outbox;
}

export interface RevocationService {
  /**
   * Access and refresh tokens, codes, grants and sessions of these subjects; logins that they began before are worth
   * nothing. Doing it again goes on where it was broken off.
   * @param idp makes subjects of what this idp calls them
   * @throws PlatformError `not_found` without such a workspace, `unprocessable_entity` without such an idp
   */
  revokeSubjects(
    tenant: TenantId,
    workspace: WorkspaceId,
    subjects: readonly string[],
    idp: IdpId | undefined,
  ): Promise<void>;
  /**
   * All that was given on a consent, which itself stays. Without a workspace's consent of this id, nothing is.
   * @throws PlatformError `not_found`
   */
  revokeConsent(tenant: TenantId, workspace: WorkspaceId, consent: ConsentId): Promise<void>;
  /** As `revokeSubjects`, in every workspace where people of the pool sign in. @throws PlatformError `not_found` */
  revokeUsers(tenant: TenantId, pool: PoolId, users: readonly UserId[]): Promise<void>;
}

/** So many rows go in one transaction. */
export const rowsAtOnce = 500;

/** Sessions remember what logins satisfied for as long as grants live, and at least so long. */
const shortestMemoryMs = 15 * 86_400_000;

export function createRevocationService(deps: {
  readonly unitOfWork: UnitOfWork<RevocationStores>;
  /** For reading, outside of any transaction. */
  readonly stores: Pick<RevocationStores, 'workspaces' | 'consents' | 'idps' | 'pools'>;
  readonly clock: Clock;
}): RevocationService {
  const { unitOfWork, stores, clock } = deps;

  const destroyAll = async (tenant: TenantId, workspace: WorkspaceId, owner: ArtifactOwner, model?: string) => {
    for (let gone = rowsAtOnce; gone === rowsAtOnce;)
      gone = await unitOfWork.run(({ artifacts }) =>
        artifacts.destroySome(tenant, workspace, owner, {
          limit: rowsAtOnce,
          ...(model === undefined ? {} : { model }),
        }),
      );
  };

  const workspaceOf = async (tenant: TenantId, id: WorkspaceId): Promise<Workspace> => {
    const found = await stores.workspaces.find(tenant, id);
    if (found === undefined) throw new PlatformError('not_found', 'There is no such workspace.');
    return found;
  };

  const revokeIn = async ({ tenantId, id, settings }: Workspace, subjects: ReadonlySet<string>): Promise<void> => {
    const now = clock.now();
    const memory = Math.max(parseDuration(settings.refresh_token_ttl) ?? 0, shortestMemoryMs);
    // From here on no login and no refresh of theirs counts, whatever is still stored.
    await unitOfWork.run(async ({ revocations, outbox }) => {
      for (const subject of subjects) {
        await revocations.revoke(tenantId, id, subject, now, now + memory + shortestMemoryMs);
        await outbox.append({
          tenantId,
          workspaceId: id,
          subject: 'tokens',
          action: 'revoked',
          metadata: { subject },
          payload: { tokens_revoked: { type: 'subject' } },
        });
      }
    });
    for (const subject of subjects) {
      // A token without its grant is worth nothing: what is being issued meanwhile is born dead.
      await destroyAll(tenantId, id, { subject }, 'Grant');
      await destroyAll(tenantId, id, { subject });
      // A client that acts for itself is the subject of its tokens (RFC 9068 §2.2).
      await destroyAll(tenantId, id, { client: subject }, 'ClientCredentials');
    }
  };

  return {
    async revokeSubjects(tenant, id, given, idpId) {
      const workspace = await workspaceOf(tenant, id);
      const idp = idpId === undefined ? undefined : await stores.idps.find(tenant, id, idpId);
      if (idpId !== undefined && idp === undefined) throw unprocessable('/idp_id', 'There is no such idp.');
      const { subject_format: format } = workspace.settings;
      const subjects = given.map((one) => (idp === undefined ? one : subjectFor(format, idp.id, one)));
      await revokeIn(workspace, new Set(subjects));
    },

    async revokeConsent(tenant, workspace, id) {
      await workspaceOf(tenant, workspace);
      const consent = await stores.consents.find(tenant, workspace, id);
      if (consent?.id !== id) throw new PlatformError('not_found', 'There is no such consent.');
      await unitOfWork.run(({ outbox }) =>
        outbox.append({
          tenantId: tenant,
          workspaceId: workspace,
          subject: 'tokens',
          action: 'revoked',
          metadata: { client_id: consent.clientId, subject: consent.subject },
          payload: { tokens_revoked: { type: 'consent', consent_id: id } },
        }),
      );
      await destroyAll(tenant, workspace, { grantId: consent.grantId }, 'Grant');
      await destroyAll(tenant, workspace, { grantId: consent.grantId });
    },

    async revokeUsers(tenant, pool, users) {
      if ((await stores.pools.find(tenant, pool)) === undefined)
        throw new PlatformError('not_found', 'There is no such identity pool.');
      for (const { id, workspaceId } of await stores.idps.listOfPool(tenant, pool)) {
        const workspace = await stores.workspaces.find(tenant, workspaceId);
        if (workspace === undefined) continue;
        const subjects = users.map((user) => subjectFor(workspace.settings.subject_format, id, user));
        await revokeIn(workspace, new Set(subjects));
      }
    },
  };
}
