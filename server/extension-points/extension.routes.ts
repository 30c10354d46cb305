/** Mounts the plugins' endpoints: enabled or 404, then the declared access, then the plugin. */
import { Router, type Request, type RequestHandler } from 'express';
import { PlatformError } from '../kernel/errors.ts';
import { tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import type { Owned } from './hook-kinds.ts';
import type { ExtensionRegistry } from './registry.ts';
import type { RouteContribution } from './routes.ts';

export interface ExtensionRoutesDeps {
  readonly registry: Pick<ExtensionRegistry, 'routes' | 'isEnabled'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  /**
   * Requires a bearer token of the addressed workspace with this scope.
   * @throws PlatformError `unauthorized` or `forbidden`
   */
  readonly authorize: (request: Request, scope: string) => Promise<void>;
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
  return async (request, _response, next) => {
    const { tid, aid } = request.params;
    if (typeof tid !== 'string' || typeof aid !== 'string') throw notFound();
    const tenant = tenantId(tid);
    if (value.workspace.kind === 'addressed') await requireEnabled(tenant, workspaceId(aid));
    if (value.access.kind === 'scope') await deps.authorize(request, value.access.scope);
    if (value.workspace.kind === 'touched')
      await requireEnabled(tenant, await value.workspace.find(tenant, request.path));
    next();
  };
}

function notFound(): PlatformError {
  return new PlatformError('not_found', 'there is nothing at this address');
}
