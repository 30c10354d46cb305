/** Whether a person whom a login once proved may still be signed in: asked at every step, of sessions, and at each refresh. */
import type { IdpStore } from '../idps/idp.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { UserStore } from '../users/user.ts';
import type { ProvenPerson } from './interaction.ts';

export interface StandingStores {
  readonly idps: Pick<IdpStore, 'find'>;
  readonly users: Pick<UserStore, 'find'>;
}

/** True while their idp is switched on and they are active in its pool, or still on its list. */
export async function stillStands(
  stores: StandingStores,
  { tenantId, workspaceId }: { readonly tenantId: TenantId; readonly workspaceId: WorkspaceId },
  person: Pick<ProvenPerson, 'idpId' | 'idpSubject' | 'userId' | 'authTime'>,
): Promise<boolean> {
  const idp = await stores.idps.find(tenantId, workspaceId, person.idpId);
  if (idp?.enabled !== true) return false;
  if (idp.method === 'static') return idp.users.some(({ username }) => username === person.idpSubject);
  if (person.userId === undefined) return false;
  const user = await stores.users.find(tenantId, idp.poolId, person.userId);
  if (user?.status !== 'active') return false;
  // Whoever was made under the same id later is somebody else. `authTime` is in whole seconds.
  if (user.createdAt >= (person.authTime + 1) * 1000) return false;
  // Of the second in which they were signed out nothing is left.
  return (user.signedOutAt ?? 0) <= person.authTime * 1000;
}
