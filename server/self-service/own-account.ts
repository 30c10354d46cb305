/** Where people look after their own account: which workspaces have the pages, and by which client one signs in to them. */
import { createHash } from 'node:crypto';
import type { IdpStore } from '../idps/idp.ts';
import { clientId, type ClientId, type PoolId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { OwnApplication } from '../relying-party/own-client.service.ts';

/** Applications of our own for people of a workspace's pools; each is also the segment below the workspace where it begins. */
export type OwnSegment = 'account' | 'approvals';

/** An id of a client is unique in its tenant, and no longer than 64: a workspace's own may be as long already. */
export const ownClientId = (segment: OwnSegment, workspace: string): ClientId =>
  clientId(
    workspace.length < 64 - segment.length
      ? `${segment}-${workspace}`
      : `${segment}-${createHash('sha256').update(workspace).digest('hex').slice(0, 40)}`,
  );

/** It learns who somebody is, and nothing else of them: the pages read the account themselves. */
export const accountApplication: OwnApplication = {
  idIn: ({ id }) => ownClientId('account', id),
  title: 'own.title',
  scope: 'openid',
};

/** Below a workspace, as its login is. */
export const ownAccountPath = (tenant: TenantId, workspace: WorkspaceId): string => `/${tenant}/${workspace}/account`;

/** Whether people sign in to the workspace by a pool: by this one, where one is named. */
export async function hasOwnAccounts(
  idps: Pick<IdpStore, 'list'>,
  tenant: TenantId,
  workspace: WorkspaceId,
  pool?: PoolId,
): Promise<boolean> {
  const all = await idps.list(tenant, workspace);
  return all.some(
    (idp) => idp.enabled && idp.method === 'identity_pool' && (pool === undefined || idp.poolId === pool),
  );
}
