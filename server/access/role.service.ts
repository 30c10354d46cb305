/** Giving roles and taking them back, told of in the same transaction. */
import type { ClientStore } from '../clients/client.ts';
import type { IdpStore } from '../idps/idp.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { clientId, idpId, poolId, userId, workspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { isReservedWorkspace } from '../tenants/tenant.ts';
import type { PoolStore } from '../pools/pool.ts';
import type { UserStore } from '../users/user.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { keepAdministrator } from './last-administrator.ts';
import type { RoleGrant, RoleStore } from './role.ts';

export interface RoleServiceStores {
  readonly roles: Pick<RoleStore, 'insert' | 'remove' | 'listIn'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly pools: Pick<PoolStore, 'find'>;
  readonly users: Pick<UserStore, 'find'>;
  readonly idps: Pick<IdpStore, 'find'>;
  readonly clients: Pick<ClientStore, 'find'>;
  readonly outbox: Outbox;
}

export interface RoleService {
  /**
   * Given twice is given once.
   * @throws PlatformError `not_found` without such a workspace, pool or subject, `unprocessable_entity` in a reserved workspace
   */
  grant(role: RoleGrant): Promise<void>;
  /**
   * @throws PlatformError `not_found` when it was not given, `unprocessable_entity` for the last administrator of a tenant
   */
  revoke(role: RoleGrant): Promise<void>;
}

/** The workspace whose tokens the Admin API takes. */
const administration = workspaceId('admin');

export function createRoleService(deps: {
  readonly unitOfWork: UnitOfWork<RoleServiceStores>;
  readonly clock: Clock;
}): RoleService {
  const { unitOfWork, clock } = deps;

  const tell = async ({ outbox }: RoleServiceStores, grant: RoleGrant, action: 'granted' | 'revoked') => {
    const { tenantId, workspaceId: workspace, poolId: pool, role, subject } = grant;
    await outbox.append({
      tenantId,
      ...(workspace === undefined ? {} : { workspaceId: workspace }),
      subject: 'role',
      action,
      metadata: {},
      payload: { [`role_${action}`]: { role, subject, ...(pool === undefined ? {} : { identity_pool_id: pool }) } },
    });
  };

  return {
    grant: (grant) =>
      unitOfWork.run(async (stores) => {
        const { tenantId, workspaceId: workspace, poolId: pool } = grant;
        if (pool !== undefined && (await stores.pools.find(tenantId, pool)) === undefined)
          throw new PlatformError('not_found', 'There is no such identity pool.');
        if (workspace !== undefined && isReservedWorkspace(workspace)) {
          const message = 'Roles in a reserved workspace are those in its tenant.';
          throw new PlatformError('unprocessable_entity', message);
        }
        if (workspace !== undefined && (await stores.workspaces.find(tenantId, workspace)) === undefined)
          throw new PlatformError('not_found', 'There is no such workspace.');
        if (!(await isThere(stores, grant))) throw new PlatformError('not_found', 'There is no such subject.');
        await stores.roles.insert(grant, clock.now());
        await tell(stores, grant, 'granted');
      }),

    revoke: (grant) =>
      unitOfWork.run(async (stores) => {
        const message = 'This is the last administrator of the tenant.';
        await keepAdministrator(stores.roles, grant.tenantId, message, async () => {
          if (!(await stores.roles.remove(grant))) throw new PlatformError('not_found', 'This role was not given.');
        });
        await tell(stores, grant, 'revoked');
      }),
  };
}

async function isThere(stores: RoleServiceStores, { tenantId, subject }: RoleGrant): Promise<boolean> {
  switch (subject.type) {
    case 'identity_pool_user':
      return (await stores.users.find(tenantId, poolId(subject.poolId), userId(subject.userId))) !== undefined;
    case 'idp':
      return (
        subject.workspaceId === administration &&
        (await stores.idps.find(tenantId, administration, idpId(subject.idpId))) !== undefined
      );
    case 'client':
      return (await stores.clients.find(tenantId, administration, clientId(subject.clientId))) !== undefined;
  }
}
