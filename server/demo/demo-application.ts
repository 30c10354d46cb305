/** The demonstration application of a workspace: which client it is, and where its issuer answers. */
import type { ClientStore } from '../clients/client.ts';
import { chosenIdPattern, tenantId, workspaceId } from '../kernel/ids.ts';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import { relyingApplication, type RelyingApplication } from '../relying-party/application.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';

export interface DemoApplication extends RelyingApplication {
  readonly tenantName: string;
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
    const issuer = deps.issuerOf(tenant, workspace);
    return { ...relyingApplication(client, issuer, `${issuer}/demo`), tenantName: owner.name };
  };
}
