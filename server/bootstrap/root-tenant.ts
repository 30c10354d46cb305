/** The deployment's own tenant, and the one client that may manage every other tenant. */
import { timingSafeEqual } from 'node:crypto';
import { checkedMetadata } from '../clients/client-metadata.ts';
import type { Client, ClientStore } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import { clientId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { insertTenant, prepareTenant } from '../tenants/new-tenant.service.ts';
import type { NewTenantStores } from '../tenants/new-tenant.service.ts';
import { rootTenantId } from '../tenants/tenant.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import { systemScopes } from '../workspaces/system-scopes.ts';
import { workspaceSettingsSchema } from '../workspaces/workspace.ts';

export interface RootTenantStores extends NewTenantStores {
  readonly tenants: Pick<TenantStore, 'find' | 'insert'>;
  readonly clients: Pick<ClientStore, 'find' | 'insert' | 'update'>;
}

export interface RootTenantOptions {
  readonly clientId: string;
  /** What the configuration says; it wins over what is stored. */
  readonly configuredSecret: string | undefined;
  /** Asked for only when there is no client yet and the configuration has no secret. */
  readonly generatedSecret: () => Promise<string>;
}

export interface RootTenantOutcome {
  /** True for the one process that made the client. */
  readonly created: boolean;
  readonly secret: string;
}

const tenant = tenantId(rootTenantId);
const workspace = workspaceId('system');

function rootClient(id: string, secret: string, now: number): Client {
  const metadata = checkedMetadata(
    {
      client_name: 'Root',
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: systemScopes.map((scope) => scope.name).join(' '),
    },
    workspaceSettingsSchema.parse({}),
  );
  return {
    tenantId: tenant,
    workspaceId: workspace,
    id: clientId(id),
    status: 'active',
    trusted: true,
    metadata,
    secret,
    rotatedSecrets: [],
    createdAt: now,
    updatedAt: now,
  };
}

function equal(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Makes what is missing of tenant `system`, its workspaces `system` and `admin`, and the root client. Idempotent. */
export async function ensureRootTenant(
  deps: { readonly unitOfWork: UnitOfWork<RootTenantStores>; readonly clock: Clock },
  options: RootTenantOptions,
): Promise<RootTenantOutcome> {
  const { unitOfWork, clock } = deps;
  const { configuredSecret } = options;
  const findClient = (stores: RootTenantStores): Promise<Client | undefined> =>
    stores.clients.find(tenant, workspace, clientId(options.clientId));

  const keep = async (stores: RootTenantStores, client: Client): Promise<RootTenantOutcome> => {
    const secret = configuredSecret ?? client.secret ?? '';
    if (!equal(secret, client.secret ?? '')) {
      await stores.clients.update({ ...client, secret, rotatedSecrets: [], updatedAt: clock.now() });
    }
    return { created: false, secret };
  };
  const kept = (): Promise<RootTenantOutcome | undefined> =>
    unitOfWork.run(async (stores) => {
      const client = await findClient(stores);
      return client === undefined ? undefined : keep(stores, client);
    });

  const known = await kept();
  if (known !== undefined) return known;
  const secret = configuredSecret ?? (await options.generatedSecret());
  const prepared = await prepareTenant({ id: rootTenantId, name: 'System' }, ['system', 'admin'], clock);
  try {
    return await unitOfWork.run(async (stores) => {
      if ((await stores.tenants.find(tenant)) === undefined) await insertTenant(stores, prepared);
      await stores.clients.insert(rootClient(options.clientId, secret, clock.now()));
      return { created: true, secret };
    });
  } catch (error) {
    if (!isPlatformError(error, 'conflict')) throw error;
    // Another process was faster by a moment: what it made is the root.
    const theirs = await kept();
    if (theirs === undefined) throw new PlatformError('internal', 'The root client cannot be made.', { cause: error });
    return theirs;
  }
}
