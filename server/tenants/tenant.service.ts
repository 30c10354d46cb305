/** Making and removing tenants, with the workspaces that every tenant has. */
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { chosenIdPattern, tenantId } from '../kernel/ids.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { HoldingsStore } from './holdings.ts';
import { insertTenant, prepareTenant } from './new-tenant.service.ts';
import type { NewTenant, NewTenantStores } from './new-tenant.service.ts';
import { reservedTenantIds, reservedWorkspaceIds, rootTenantId } from './tenant.ts';
import type { Tenant, TenantStore } from './tenant.ts';

export interface TenantServiceStores extends NewTenantStores {
  readonly tenants: Pick<TenantStore, 'find' | 'insert'>;
  readonly holdings: Pick<HoldingsStore, 'removeTenant'>;
}

export interface TenantService {
  /** @throws PlatformError `unprocessable_entity` for an id that cannot be, `conflict` when it is taken */
  create(input: NewTenant): Promise<Tenant>;
  /** Removes it and all it holds. @throws PlatformError `not_found`, `unprocessable_entity` for the root tenant */
  remove(id: TenantId): Promise<void>;
}

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
        throw new PlatformError('unprocessable_entity', message, { details: [{ pointer: '/id', message }] });
      }
      const prepared = await prepareTenant(input, reservedWorkspaceIds, clock);
      await unitOfWork.run((stores) => insertTenant(stores, prepared));
      return prepared.tenant;
    },

    async remove(id) {
      if (id === rootTenantId) {
        throw new PlatformError('unprocessable_entity', 'The root tenant cannot be removed: it holds the deployment.');
      }
      await unitOfWork.run(async (stores) => {
        const tenant = await stores.tenants.find(id);
        if (tenant === undefined) throw new PlatformError('not_found', 'There is no such tenant.');
        await stores.holdings.removeTenant(id);
        // The tenant's own events went with it; that it went is told to the root.
        await stores.outbox.append({
          tenantId: tenantId(rootTenantId),
          subject: 'tenant',
          action: 'deleted',
          metadata: {},
          payload: { tenant_deleted: { id, name: tenant.name } },
        });
      });
    },
  };
}
