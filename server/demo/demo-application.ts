/** The demonstration application of a workspace: which client it is, and where its issuer answers. */
import type { Client, ClientStore } from '../clients/client.ts';
import { chosenIdPattern, tenantId, workspaceId } from '../kernel/ids.ts';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';

export interface DemoApplication {
  /** `{tid}/{aid}`: what its cookies and sessions are bound to. */
  readonly place: string;
  readonly issuer: string;
  readonly tenantName: string;
  readonly name: string;
  readonly clientId: string;
  /** Undefined for a public client. */
  readonly clientSecret: string | undefined;
  readonly postsSecret: boolean;
  /** What it asks for, `offline_access` left out. */
  readonly scopes: readonly string[];
}

export interface DemoFinderDeps {
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly clients: Pick<ClientStore, 'find'>;
  readonly issuerOf: (tenant: TenantId, workspace: WorkspaceId) => string;
  /** The client that stands for the demonstration in every workspace that has one. */
  readonly clientId: ClientId;
}

export type DemoFinder = (tid: string, aid: string) => Promise<DemoApplication | undefined>;

/** Where the demonstration's answers arrive: what its client registers as `redirect_uris`. */
export const demoRedirectUri = (issuer: string): string => `${issuer}/demo/callback`;

/** Where a sign-out returns to: what its client registers as `post_logout_redirect_uris`. */
export const demoStartUri = (issuer: string): string => `${issuer}/demo`;

/** Finds nothing unless the workspace switched its demonstration on and has the client. */
export function createDemoFinder(deps: DemoFinderDeps): DemoFinder {
  return async (tid, aid) => {
    if (!chosenIdPattern.test(tid) || !chosenIdPattern.test(aid)) return undefined;
    const [tenant, workspace] = [tenantId(tid), workspaceId(aid)];
    const found = await deps.workspaces.find(tenant, workspace);
    if (found?.settings.demo_enabled !== true) return undefined;
    const [owner, client] = await Promise.all([
      deps.tenants.find(tenant),
      deps.clients.find(tenant, workspace, deps.clientId),
    ]);
    if (owner === undefined || client === undefined) return undefined;
    return describe(client, owner.name, deps.issuerOf(tenant, workspace));
  };
}

function describe(client: Client, tenantName: string, issuer: string): DemoApplication {
  const { metadata } = client;
  const scopes = (metadata.scope ?? 'openid profile email').split(' ').filter((scope) => scope !== 'offline_access');
  return {
    place: `${client.tenantId}/${client.workspaceId}`,
    issuer,
    tenantName,
    name: metadata.client_name ?? client.id,
    clientId: client.id,
    clientSecret: client.secret,
    postsSecret: metadata.token_endpoint_auth_method === 'client_secret_post',
    scopes: [...new Set(['openid', ...scopes])],
  };
}
