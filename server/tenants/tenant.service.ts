/** Making and removing tenants, with the workspaces that every tenant has. */
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { chosenIdPattern, tenantId } from '../kernel/ids.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { insertWorkspace, prepareWorkspace } from '../workspaces/new-workspace.service.ts';
import type { NewWorkspaceStores } from '../workspaces/new-workspace.service.ts';
import type { HoldingsStore } from './holdings.ts';
import { reservedWorkspaceIds, rootTenantId } from './tenant.ts';
import type { Tenant, TenantStore } from './tenant.ts';

export interface TenantServiceStores extends NewWorkspaceStores {
  readonly tenants: Pick<TenantStore, 'find' | 'insert'>;
  readonly holdings: Pick<HoldingsStore, 'removeTenant'>;
  readonly outbox: Outbox;
}

export interface NewTenant {
  /** 1 to 64 of `a-z0-9_-`; the first part of all its addresses. */
  readonly id: string;
  readonly name: string;
  readonly settings?: Tenant['settings'];
}

export interface TenantService {
  /** @throws PlatformError `unprocessable_entity` for an id that cannot be, `conflict` when it is taken */
  create(input: NewTenant): Promise<Tenant>;
  /** Removes it and all it holds. @throws PlatformError `not_found`, `unprocessable_entity` for the root tenant */
  remove(id: TenantId): Promise<void>;
}

/** First parts of addresses that are the deployment's own. */
const reservedTenantIds: readonly string[] = [
  rootTenantId,
  ...['alive', 'api', 'assets', 'health', 'metrics', 'ops', 'ready', 'static', 'well-known'],
];

const workspaceNames = { admin: 'Administration', developer: 'Developers', system: 'System' } as const;

export function createTenantService(deps: {
  readonly unitOfWork: UnitOfWork<TenantServiceStores>;
  readonly clock: Clock;
}): TenantService {
  const { unitOfWork, clock } = deps;

  return {
    async create({ id, name, settings = {} }) {
      if (!chosenIdPattern.test(id) || reservedTenantIds.includes(id)) {
        const message =
          'The id must be 1 to 64 of a-z, 0-9, - and _, begin with a letter or digit, and not be reserved.';
        throw new PlatformError('unprocessable_entity', message, { details: [{ pointer: '/id', message }] });
      }
      const now = clock.now();
      const tenant: Tenant = { id: tenantId(id), name, settings, createdAt: now, updatedAt: now };
      const prepared = await Promise.all(
        reservedWorkspaceIds.map((type) =>
          prepareWorkspace({ tenantId: tenant.id, id: type, name: workspaceNames[type], type }, clock),
        ),
      );
      await unitOfWork.run(async (stores) => {
        await stores.tenants.insert(tenant);
        for (const workspace of prepared) await insertWorkspace(stores, workspace);
        await stores.outbox.append({
          tenantId: tenant.id,
          subject: 'tenant',
          action: 'created',
          metadata: {},
          payload: { tenant_created: { id, name } },
        });
      });
      return tenant;
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
