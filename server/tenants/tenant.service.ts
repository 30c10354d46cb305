/** Making and removing tenants, with the workspaces that every tenant has. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { givenName } from '../kernel/given-name.ts';
import { chosenIdPattern, tenantId } from '../kernel/ids.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { HoldingsStore } from './holdings.ts';
import { insertManagers, insertTenant, prepareTenant } from './new-tenant.service.ts';
import type { MadeTenant, ManagerStores, NewTenant, NewTenantStores } from './new-tenant.service.ts';
import { reservedTenantIds, reservedWorkspaceIds, rootTenantId } from './tenant.ts';
import type { Tenant, TenantStore } from './tenant.ts';

export interface TenantServiceStores extends NewTenantStores, ManagerStores {
  readonly tenants: Pick<TenantStore, 'findHeld' | 'insert' | 'update' | 'markRemoved'>;
  readonly holdings: Pick<HoldingsStore, 'closeTenant' | 'removeSome'>;
}

export interface TenantChange {
  readonly id: TenantId;
  /** Empty: as it is. */
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
   * After a crash housekeeping removes the rest.
   * @param check sees what is stored, in the transaction that marks it: what it throws stops the removal
   * @throws PlatformError `not_found`, `forbidden` for the root tenant
   */
  remove(id: TenantId, check?: (stored: Tenant) => void): Promise<void>;
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
      const clients = await unitOfWork.run(async (stores) => {
        await insertTenant(stores, prepared);
        return insertManagers(stores, prepared.tenant, reservedWorkspaceIds);
      });
      return {
        tenant: prepared.tenant,
        workspaces: prepared.workspaces.map(({ workspace }) => workspace),
        clients,
      };
    },

    update: ({ id, name: said, settings, check }) =>
      unitOfWork.run(async (stores) => {
        const before = await stores.tenants.findHeld(id);
        if (before === undefined) throw new PlatformError('not_found', 'There is no such tenant.');
        check?.(before);
        const name = givenName(said, before, id);
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

    async remove(id, check) {
      if (id === rootTenantId) {
        throw new PlatformError('forbidden', 'The root tenant cannot be removed: it holds the deployment.');
      }
      await unitOfWork.run(async (stores) => {
        const tenant = await stores.tenants.findHeld(id);
        if (tenant === undefined) throw new PlatformError('not_found', 'There is no such tenant.');
        check?.(tenant);
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
