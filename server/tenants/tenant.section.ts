/** The tenant itself in an exported configuration. */
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Fault, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { givenName } from '../kernel/given-name.ts';
import { chosenIdPattern, type TenantId } from '../kernel/ids.ts';
import { insertWorkspace } from '../workspaces/new-workspace.service.ts';
import { insertManagers, prepareTenant, type ManagerStores, type NewTenantStores } from './new-tenant.service.ts';
import { keptOf, tenantBody, withoutUnserved } from './tenant.body.ts';
import {
  reservedTenantIds,
  reservedWorkspaceIds,
  requireRegistered,
  rootTenantId,
  type TenantStore,
} from './tenant.ts';

export interface TenantSectionStores extends NewTenantStores, ManagerStores {
  readonly tenants: Pick<TenantStore, 'find' | 'insert' | 'update'>;
}

/** Its id is that of the import, or says where the object belongs. */
const body = tenantBody.omit({ id: true });

export function tenantSection({ clock }: { readonly clock: Clock }): Section<TenantSectionStores> {
  const read = async ({ tenants }: TenantSectionStores, id: TenantId) => {
    const stored = await tenants.find(id);
    return stored === undefined ? undefined : body.parse({ name: stored.name, ...withoutUnserved(stored.settings) });
  };
  return section({
    member: 'tenant',
    isTenant: true,
    body,
    holds: ['tenant'],
    placeMember: '',
    nameOf: () => 'tenant',
    placeOf: () => undefined,
    async *list(stores, tenant) {
      const item = await read(stores, tenant);
      if (item !== undefined) yield item;
    },
    find: (stores, tenant) => read(stores, tenant),
    async faults(item, { tenantId, isOfDeployment }, stored) {
      if (isOfDeployment) return faultsOf(tenantId);
      const before = await stored();
      return faultsFrom(() => {
        requireRegistered(keptOf(item), before === undefined ? undefined : keptOf(before));
      });
    },
    complete: (item, stored) => Promise.resolve(body.parse({ name: item.name ?? stored?.name, ...keptOf(item) })),
    async write({ tenants }, id, item) {
      const before = await tenants.find(id);
      const now = clock.now();
      const tenant = {
        id,
        name: givenName(item.name, before, id),
        settings: keptOf(item),
        createdAt: before?.createdAt ?? now,
        updatedAt: now,
      };
      await (before === undefined ? tenants.insert(tenant) : tenants.update(tenant));
    },
    /** What the call that makes tenants makes, as far as the import does not bring it: nobody could manage it otherwise. */
    async begin(stores, id, item, replaces) {
      const name = givenName(item.name, undefined, id);
      const missing = reservedWorkspaceIds.filter((workspace) => !replaces('servers', workspace));
      const { tenant, workspaces } = await prepareTenant({ id, name }, missing, clock);
      for (const workspace of workspaces) await insertWorkspace(stores, workspace);
      await insertManagers(stores, tenant, missing);
    },
  });
}

function faultsOf(id: string): readonly Fault[] {
  const isAllowed = id === rootTenantId || (chosenIdPattern.test(id) && !reservedTenantIds.has(id));
  return isAllowed ? [] : [{ pointer: '/id', message: 'must be 1 to 64 of a-z, 0-9, - and _, and not be reserved' }];
}
