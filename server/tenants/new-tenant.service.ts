/** What a tenant consists of when it begins, and how it is put into the stores of one unit of work. */
import type { RoleStore } from '../access/role.ts';
import type { Clock } from '../kernel/clock.ts';
import { checkedMetadata } from '../clients/client-metadata.ts';
import { newSecret, type Client, type ClientStore } from '../clients/client.ts';
import { clientId, newId, tenantId, workspaceId } from '../kernel/ids.ts';
import { insertWorkspace, prepareWorkspace } from '../workspaces/new-workspace.service.ts';
import type { NewWorkspace, NewWorkspaceStores, PreparedWorkspace } from '../workspaces/new-workspace.service.ts';
import { systemScopes } from '../workspaces/system-scopes.ts';
import { workspaceSettingsSchema, type Workspace } from '../workspaces/workspace.ts';
import type { Tenant, TenantStore, reservedWorkspaceIds } from './tenant.ts';

export interface NewTenant {
  /** 1 to 64 of `a-z0-9_-`; the first part of all its addresses. */
  readonly id: string;
  readonly name: string;
  readonly settings?: Tenant['settings'];
  /** Makes a workspace `default` as well, ready for applications. */
  readonly withDefaultWorkspace?: boolean;
}

/** What a new tenant begins with. */
export interface MadeTenant {
  readonly tenant: Tenant;
  readonly workspaces: readonly Workspace[];
  /** With their secrets in clear, for the one answer that shows them. */
  readonly clients: readonly Client[];
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
  { id, name, settings = {}, withDefaultWorkspace = false }: NewTenant,
  reserved: readonly ReservedWorkspace[],
  clock: Clock,
): Promise<PreparedTenant> {
  const now = clock.now();
  const tenant: Tenant = { id: tenantId(id), name, settings, createdAt: now, updatedAt: now };
  const wanted: NewWorkspace[] = reserved.map((type) => ({ tenantId: tenant.id, id: type, name: names[type], type }));
  if (withDefaultWorkspace) wanted.push({ tenantId: tenant.id, id: 'default', name: 'Default', type: 'regular' });
  const workspaces = await Promise.all(wanted.map((workspace) => prepareWorkspace(workspace, clock)));
  return { tenant, workspaces };
}

/** A machine's client in a reserved workspace of a tenant, with a random id and secret. */
export function machineClient(
  { id: tenant, createdAt }: Pick<Tenant, 'id' | 'createdAt'>,
  workspace: 'system' | 'admin',
  name: string,
  scopes: readonly { readonly name: string }[],
): Client {
  const metadata = checkedMetadata(
    {
      client_name: name,
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      ...(scopes.length === 0 ? {} : { scope: scopes.map((scope) => scope.name).join(' ') }),
    },
    workspaceSettingsSchema.parse({}),
  );
  return {
    tenantId: tenant,
    workspaceId: workspaceId(workspace),
    id: clientId(newId()),
    status: 'active',
    trusted: true,
    metadata,
    secret: newSecret(),
    rotatedSecrets: [],
    createdAt,
    updatedAt: createdAt,
  };
}

export interface ManagerStores {
  readonly clients: Pick<ClientStore, 'insert'>;
  readonly roles: Pick<RoleStore, 'insert'>;
}

/** Clients by which a new tenant is managed: one of its System API, by scopes, and one of its Admin API, by its role. */
export async function insertManagers(
  stores: ManagerStores,
  tenant: Pick<Tenant, 'id' | 'createdAt'>,
  workspaces: readonly ReservedWorkspace[],
): Promise<readonly Client[]> {
  const made: Client[] = [];
  if (workspaces.includes('system')) made.push(machineClient(tenant, 'system', 'System', systemScopes));
  if (workspaces.includes('admin')) made.push(machineClient(tenant, 'admin', 'Administrator', []));
  for (const client of made) {
    await stores.clients.insert(client);
    if (client.workspaceId === workspaceId('system')) continue;
    const subject = { type: 'client', clientId: client.id } as const;
    const grant = { tenantId: tenant.id, workspaceId: undefined, role: 'admin', subject } as const;
    await stores.roles.insert(grant, tenant.createdAt);
  }
  return made;
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
