/** The demonstration that a first start seeds: a workspace, a person who can log in, and the application they log in to. */
import type { RoleStore } from '../access/role.ts';
import { checkedMetadata } from '../clients/client-metadata.ts';
import { newSecret } from '../clients/client.ts';
import type { Client, ClientMetadata, ClientStore } from '../clients/client.ts';
import type { PasswordHasher } from '../credentials/password/password.ts';
import type { IdpStore } from '../idps/idp.ts';
import type { Clock } from '../kernel/clock.ts';
import { isPlatformError } from '../kernel/errors.ts';
import { clientId, idpId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { insertTenant, prepareTenant } from '../tenants/new-tenant.service.ts';
import type { NewTenantStores } from '../tenants/new-tenant.service.ts';
import { reservedWorkspaceIds } from '../tenants/tenant.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import { insertWorkspace, prepareWorkspace } from '../workspaces/new-workspace.service.ts';
import type { Workspace, WorkspaceStore } from '../workspaces/workspace.ts';
import { demoPoolId, insertDemoPerson } from './demo-person.ts';
import type { DemoPersonStores } from './demo-person.ts';

export interface DemoStores extends NewTenantStores, DemoPersonStores {
  readonly tenants: Pick<TenantStore, 'find' | 'insert'>;
  readonly workspaces: Pick<WorkspaceStore, 'find' | 'insert'>;
  readonly clients: Pick<ClientStore, 'find' | 'insert' | 'update'>;
  readonly idps: Pick<IdpStore, 'insert'>;
  readonly roles: Pick<RoleStore, 'insert'>;
}

export interface DemoOptions {
  readonly tenant: string;
  readonly workspace: string;
  /** Of that workspace: `{publicUrl}/{tenant}/{workspace}`. The application is served at `{issuer}/demo`. */
  readonly issuer: string;
  /** Whether the person administers the tenant as well: for a machine of one's own, where there is nothing to guard. */
  readonly administers: boolean;
  /** Asked for only when the person is made. */
  readonly password: () => Promise<string>;
}

export const demoClientId = clientId('demo');

/** Where the application is: the only members of its client that a start keeps true. */
function addresses(issuer: string): Pick<ClientMetadata, 'redirect_uris' | 'post_logout_redirect_uris'> {
  return { redirect_uris: [`${issuer}/demo/callback`], post_logout_redirect_uris: [`${issuer}/demo`] };
}

function demoClient(workspace: Workspace, issuer: string): Client {
  const metadata = checkedMetadata(
    {
      client_name: 'Demo application',
      'client_name#pt': 'Aplicação de demonstração',
      ...addresses(issuer),
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'openid profile email phone offline_access',
    },
    workspace.settings,
  );
  const { tenantId: tenant, id, createdAt, updatedAt } = workspace;
  return {
    tenantId: tenant,
    workspaceId: id,
    id: demoClientId,
    status: 'active',
    trusted: false,
    metadata,
    secret: newSecret(),
    rotatedSecrets: [],
    createdAt,
    updatedAt,
  };
}

/** A deployment that moved to another port or name takes its demonstration along, unless somebody made it their own. */
async function followIssuer(stores: DemoStores, tenant: TenantId, id: WorkspaceId, issuer: string, now: number) {
  const client = await stores.clients.find(tenant, id, demoClientId);
  const [redirect = '', ...others] = client?.metadata.redirect_uris ?? [];
  const next = addresses(issuer);
  if (client === undefined || others.length > 0 || redirect === next.redirect_uris?.[0]) return;
  if (!redirect.endsWith(`/${tenant}/${id}/demo/callback`)) return;
  await stores.clients.update({ ...client, metadata: { ...client.metadata, ...next }, updatedAt: now });
}

/**
 * Seeds the demonstration whole or not at all, unless its workspace is there.
 * @returns true for the one process that seeded it
 */
export async function ensureDemo(
  deps: {
    readonly unitOfWork: UnitOfWork<DemoStores>;
    readonly hasher: Pick<PasswordHasher, 'hash'>;
    readonly clock: Clock;
  },
  options: DemoOptions,
): Promise<boolean> {
  const { unitOfWork, hasher, clock } = deps;
  const tenant = tenantId(options.tenant);
  const id = workspaceId(options.workspace);
  const seeded = await unitOfWork.run(async (stores) => {
    if ((await stores.workspaces.find(tenant, id)) === undefined) return false;
    await followIssuer(stores, tenant, id, options.issuer, clock.now());
    return true;
  });
  if (seeded) return false;

  const newTenant = await prepareTenant({ id: tenant, name: 'Default' }, reservedWorkspaceIds, clock);
  const demo = await prepareWorkspace(
    { tenantId: tenant, id, name: 'Demo', type: 'regular', settings: { demo_enabled: true } },
    clock,
  );
  const passwordHash = await hasher.hash(await options.password());
  try {
    await unitOfWork.run(async (stores) => {
      if ((await stores.tenants.find(tenant)) === undefined) await insertTenant(stores, newTenant);
      await insertWorkspace(stores, demo);
      const person = await insertDemoPerson(stores, tenant, { passwordHash, now: clock.now() });
      const idp = { tenantId: tenant, id: idpId('demo-pool'), name: 'Demo people', enabled: true } as const;
      const people = { ...idp, method: 'identity_pool', poolId: demoPoolId } as const;
      await stores.idps.insert({ ...people, workspaceId: id });
      if (options.administers && person !== undefined) {
        const subject = { type: 'identity_pool_user', poolId: demoPoolId, userId: person } as const;
        await stores.idps.insert({ ...people, workspaceId: workspaceId('admin') });
        await stores.roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject }, clock.now());
      }
      await stores.clients.insert(demoClient(demo.workspace, options.issuer));
    });
    return true;
  } catch (error) {
    if (!isPlatformError(error, 'conflict')) throw error;
    // Another process was faster by a moment, and seeded all of it.
    const there = await unitOfWork.run((stores) => stores.workspaces.find(tenant, id));
    if (there === undefined) throw error;
    return false;
  }
}
