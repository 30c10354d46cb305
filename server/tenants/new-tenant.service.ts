/** What a tenant consists of when it begins, and how it is put into the stores of one unit of work. */
import type { Clock } from '../kernel/clock.ts';
import { tenantId } from '../kernel/ids.ts';
import { insertWorkspace, prepareWorkspace } from '../workspaces/new-workspace.service.ts';
import type { NewWorkspaceStores, PreparedWorkspace } from '../workspaces/new-workspace.service.ts';
import type { Tenant, TenantStore, reservedWorkspaceIds } from './tenant.ts';

export interface NewTenant {
  /** 1 to 64 of `a-z0-9_-`; the first part of all its addresses. */
  readonly id: string;
  readonly name: string;
  readonly settings?: Tenant['settings'];
}

export interface NewTenantStores extends NewWorkspaceStores {
  readonly tenants: Pick<TenantStore, 'insert'>;
}

export interface PreparedTenant {
  readonly tenant: Tenant;
  readonly workspaces: readonly PreparedWorkspace[];
}

type ReservedWorkspace = (typeof reservedWorkspaceIds)[number];

const names: Readonly<Record<ReservedWorkspace, string>> = {
  admin: 'Administration',
  developer: 'Developers',
  system: 'System',
};

/** Makes the tenant's workspaces with their keys, outside of any transaction. */
export async function prepareTenant(
  { id, name, settings = {} }: NewTenant,
  reserved: readonly ReservedWorkspace[],
  clock: Clock,
): Promise<PreparedTenant> {
  const now = clock.now();
  const tenant: Tenant = { id: tenantId(id), name, settings, createdAt: now, updatedAt: now };
  const workspaces = await Promise.all(
    reserved.map((type) => prepareWorkspace({ tenantId: tenant.id, id: type, name: names[type], type }, clock)),
  );
  return { tenant, workspaces };
}

/** @throws PlatformError `conflict` when the id is taken */
export async function insertTenant(stores: NewTenantStores, { tenant, workspaces }: PreparedTenant): Promise<void> {
  await stores.tenants.insert(tenant);
  for (const workspace of workspaces) await insertWorkspace(stores, workspace);
  await stores.outbox.append({
    tenantId: tenant.id,
    subject: 'tenant',
    action: 'created',
    metadata: {},
    payload: { tenant_created: { id: tenant.id, name: tenant.name } },
  });
}
