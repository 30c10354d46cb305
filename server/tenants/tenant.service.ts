/** Making and removing tenants, with the workspaces that every tenant has. */
import { setImmediate } from 'node:timers/promises';
import type { RoleStore } from '../access/role.ts';
import type { ClientStore } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { chosenIdPattern, tenantId } from '../kernel/ids.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { HoldingsStore } from './holdings.ts';
import { systemScopes } from '../workspaces/system-scopes.ts';
import { insertTenant, prepareTenant, machineClient } from './new-tenant.service.ts';
import type { MadeTenant, NewTenant, NewTenantStores } from './new-tenant.service.ts';
import { reservedTenantIds, reservedWorkspaceIds, rootTenantId } from './tenant.ts';
import type { Tenant, TenantStore } from './tenant.ts';

export interface TenantServiceStores extends NewTenantStores {
  readonly tenants: Pick<TenantStore, 'find' | 'insert' | 'update' | 'markRemoved'>;
  readonly clients: Pick<ClientStore, 'insert'>;
  readonly roles: Pick<RoleStore, 'insert'>;
  readonly holdings: Pick<HoldingsStore, 'closeTenant' | 'removeSome'>;
}

export interface TenantChange {
  readonly id: TenantId;
  readonly name: string;
  readonly settings: Tenant['settings'];
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: Tenant) => void;
}

export interface TenantService {
  /**
   * @returns what was made: the tenant, its workspaces, and the clients that manage it through the System and the Admin API
   * @throws PlatformError `unprocessable_entity` for an id that cannot be, `conflict` when it is taken
   */
  create(input: NewTenant): Promise<MadeTenant>;
  /** Replaces name and settings. @throws PlatformError `not_found` */
  update(change: TenantChange): Promise<Tenant>;
  /**
   * Removes it and all it holds: at once for everybody who looks, and then a little at a time, so that others write in between.
   * After a crash housekeeping removes the rest. @throws PlatformError `not_found`, `forbidden` for the root tenant
   */
  remove(id: TenantId): Promise<void>;
}

/** Rows of a tenant that go in one transaction. */
const batchSize = 500;

export function createTenantService(deps: {
  readonly unitOfWork: UnitOfWork<TenantServiceStores>;
  readonly clock: Clock;
}): TenantService {
  const { unitOfWork, clock } = deps;

  return {
    async create(input) {
      if (!chosenIdPattern.test(input.id) || reservedTenantIds.has(input.id)) {
        const message =
          'The id must be 1 to 64 of a-z, 0-9, - and _, begin with a letter or digit, and not be reserved.';
        throw unprocessable('/id', message);
      }
      const prepared = await prepareTenant(input, reservedWorkspaceIds, clock);
      // One for the System API, by its scopes; one for the Admin API, by its role.
      const machine = machineClient(prepared.tenant, 'system', 'System', systemScopes);
      const administrator = machineClient(prepared.tenant, 'admin', 'Administrator', []);
      await unitOfWork.run(async (stores) => {
        await insertTenant(stores, prepared);
        for (const client of [machine, administrator]) await stores.clients.insert(client);
        const subject = { type: 'client', clientId: administrator.id } as const;
        const grant = { tenantId: prepared.tenant.id, workspaceId: undefined, role: 'admin', subject } as const;
        await stores.roles.insert(grant, clock.now());
      });
      return {
        tenant: prepared.tenant,
        workspaces: prepared.workspaces.map(({ workspace }) => workspace),
        clients: [machine, administrator],
      };
    },

    update: ({ id, name, settings, check }) =>
      unitOfWork.run(async (stores) => {
        const before = await stores.tenants.find(id);
        if (before === undefined) throw new PlatformError('not_found', 'There is no such tenant.');
        check?.(before);
        const tenant: Tenant = { ...before, name, settings, updatedAt: clock.now() };
        await stores.tenants.update(tenant);
        await stores.outbox.append({
          tenantId: id,
          subject: 'tenant',
          action: 'updated',
          metadata: {},
          payload: { tenant_updated: { id, name } },
        });
        return tenant;
      }),

    async remove(id) {
      if (id === rootTenantId) {
        throw new PlatformError('forbidden', 'The root tenant cannot be removed: it holds the deployment.');
      }
      await unitOfWork.run(async (stores) => {
        const tenant = await stores.tenants.find(id);
        if (tenant === undefined) throw new PlatformError('not_found', 'There is no such tenant.');
        await stores.holdings.closeTenant(id);
        await stores.tenants.markRemoved(id, clock.now());
        // The tenant's own events go with it; that it went is told to the root.
        await stores.outbox.append({
          tenantId: tenantId(rootTenantId),
          subject: 'tenant',
          action: 'deleted',
          metadata: {},
          payload: { tenant_deleted: { id, name: tenant.name } },
        });
      });
      const some = () => unitOfWork.run(({ holdings }) => holdings.removeSome(batchSize, id));
      while ((await some()) === batchSize) await setImmediate();
    },
  };
}
