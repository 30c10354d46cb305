/** Mounts the plugins' endpoints: enabled or 404, then the declared access, then the plugin. */
import { Router, type RequestHandler } from 'express';
import { requireScope, type VerifiedToken } from '../http/bearer.ts';
import { PlatformError } from '../kernel/errors.ts';
import { tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import type { Owned } from './hook-kinds.ts';
import type { ExtensionRegistry } from './registry.ts';
import type { RouteContribution } from './routes.ts';

export interface ExtensionRoutesDeps {
  readonly registry: Pick<ExtensionRegistry, 'routes' | 'isEnabled'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly tokens: {
    /** @returns undefined for what is no valid access token of this workspace */
    verify(token: string, tenant: TenantId, workspace: WorkspaceId): Promise<VerifiedToken | undefined>;
  };
}

/** To be mounted at the root, after core's own routes. */
export function createExtensionRoutes(deps: ExtensionRoutesDeps): Router {
  const router = Router();
  for (const contribution of deps.registry.routes) {
    const { path, router: make } = contribution.value;
    router.use(`/:tid/:aid${path}`, guard(deps, contribution), make());
  }
  return router;
}

/**
 * A disabled plugin's endpoint answers as one that does not exist, whatever the caller holds. Whose object is touched is
 * looked up for authorized callers only: strangers learn nothing about objects.
 */
function guard(deps: ExtensionRoutesDeps, { owner, value }: Owned<RouteContribution>): RequestHandler {
  const requireEnabled = async (tenant: TenantId, id: WorkspaceId | undefined): Promise<void> => {
    const workspace = id === undefined ? undefined : await deps.workspaces.find(tenant, id);
    if (workspace === undefined || !deps.registry.isEnabled(owner, workspace.settings)) throw notFound();
  };
  return async (request, response, next) => {
    const { tid, aid } = request.params;
    if (typeof tid !== 'string' || typeof aid !== 'string') throw notFound();
    const tenant = tenantId(tid);
    if (value.workspace.kind === 'addressed') await requireEnabled(tenant, workspaceId(aid));
    if (value.access.kind === 'scope') {
      const verify = (token: string) => deps.tokens.verify(token, tenant, workspaceId(aid));
      // Throws where it does not let the request pass; the caller is then found by `callerOf`.
      await requireScope(verify, value.access.scope)(request, response, () => undefined);
    }
    if (value.workspace.kind === 'touched')
      await requireEnabled(tenant, await value.workspace.find(tenant, request.path));
    next();
  };
}

function notFound(): PlatformError {
  return new PlatformError('not_found', 'there is nothing at this address');
}
