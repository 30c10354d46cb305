/** What the bearer of a token of the workspace `admin` may do: by the roles of the person they are, or of the client. */
import type { IdpStore } from '../idps/idp.ts';
import type { AuthenticationSnapshotStore } from '../sessions/session.ts';
import { permissionsFrom, type Permissions, type RoleBearer, type RoleStore, type RoleSubject } from './role.ts';

export interface PermissionsService {
  /** Asked anew with each call: a role that was taken back is gone at once. */
  permissionsOf(caller: RoleBearer): Promise<Permissions>;
}

export interface PermissionsDeps {
  readonly roles: Pick<RoleStore, 'listFor'>;
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  readonly idps: Pick<IdpStore, 'find'>;
}

export function createPermissionsService({ roles, snapshots, idps }: PermissionsDeps): PermissionsService {
  /** A person is who their login proved, never who a token's claims say. */
  async function subjectsOf(caller: RoleBearer): Promise<readonly RoleSubject[]> {
    const { tenantId, workspaceId, clientId, subject, grantId } = caller;
    if (subject === undefined) return [{ type: 'client', clientId }];
    const login = grantId === undefined ? undefined : await snapshots.find(tenantId, workspaceId, grantId);
    if (login?.subject !== subject) return [];
    const byIdp: RoleSubject = { type: 'idp', workspaceId, idpId: login.idpId };
    const idp = await idps.find(tenantId, workspaceId, login.idpId);
    if (idp?.enabled !== true) return [];
    return idp.method === 'identity_pool' && login.userId !== undefined
      ? [byIdp, { type: 'identity_pool_user', poolId: idp.poolId, userId: login.userId }]
      : [byIdp];
  }

  return {
    permissionsOf: async (caller) => permissionsFrom(await roles.listFor(caller.tenantId, await subjectsOf(caller))),
  };
}
