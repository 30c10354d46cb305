/** Whether a person whom a login once proved may still be signed in: asked at every step, of sessions, and at each refresh. */
import type { IdpStore } from '../idps/idp.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import { isBeforeSessionsEnd } from '../users/sessions-end.ts';
import type { RevocationStore } from '../sessions/revocation.ts';
import type { UserStore } from '../users/user.ts';
import type { ProvenPerson } from './interaction.ts';

export interface StandingStores {
  readonly idps: Pick<IdpStore, 'find'>;
  readonly users: Pick<UserStore, 'find'>;
  readonly revocations: Pick<RevocationStore, 'notBefore'>;
}

/**
 * True while their idp is switched on, they are active in its pool or still on its list, and neither was this login taken
 * back nor were their sessions ended since they proved themselves. Who is whose at an integrator's login page is the page's to say.
 */
export async function stillStands(
  stores: StandingStores,
  { tenantId, workspaceId }: { readonly tenantId: TenantId; readonly workspaceId: WorkspaceId },
  person: Pick<ProvenPerson, 'subject' | 'idpId' | 'idpSubject' | 'userId' | 'authTime'>,
): Promise<boolean> {
  const notBefore = await stores.revocations.notBefore(tenantId, workspaceId, person.subject);
  // `authTime` is in whole seconds: whoever comes back within the second of a revocation comes once more.
  if (notBefore !== undefined && person.authTime * 1000 < notBefore) return false;
  const idp = await stores.idps.find(tenantId, workspaceId, person.idpId);
  if (idp?.enabled !== true) return false;
  if (idp.method === 'static') return idp.users.some(({ username }) => username === person.idpSubject);
  if (idp.method === 'custom') return person.userId === undefined;
  if (person.userId === undefined) return false;
  const user = await stores.users.find(tenantId, idp.poolId, person.userId);
  if (user?.status !== 'active' || isBeforeSessionsEnd(user, person.authTime)) return false;
  // Whoever was made under the same id later is somebody else. `authTime` is in whole seconds.
  return user.createdAt < (person.authTime + 1) * 1000;
}
