/** Extension point `routes` (contribute): endpoints a plugin serves in the workspaces that have it. */
import type { Router } from 'express';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';

export interface RouteContribution {
  /** Below `/{tid}/{aid}`, e.g. `/terms/texts`. Neither inside another mount nor around one. */
  readonly path: string;
  /** `public` wants a reason, so that an open door is a decision somebody can read. */
  readonly access:
    { readonly kind: 'scope'; readonly scope: string } | { readonly kind: 'public'; readonly because: string };
  /**
   * Whose workspace must have the plugin: that of the address; or, for endpoints of the workspace `system` that touch
   * an object of another one, that object's.
   */
  readonly workspace: { readonly kind: 'addressed' } | { readonly kind: 'touched'; readonly find: FindTouched };
  /** Makes the router, with `mergeParams` where it wants `tid` and `aid`. Called once at boot. */
  router(): Router;
}

/**
 * Finds the workspace whose object a request touches, after the request was authorized; undefined answers 404.
 * @param path below the mount, with its slash: `/c1/status`
 */
export type FindTouched = (tenant: TenantId, path: string) => Promise<WorkspaceId | undefined>;

/** First segments below `/{tid}/{aid}` that are core's. */
export const reservedSegments: ReadonlySet<string> = new Set(
  '.well-known oauth2 oidc par userinfo device backchannel login logout demo account app identity servers'.split(' '),
);

export const routePathPattern = /^(\/[a-z0-9][a-z0-9._-]*)+$/;

/** Whether a request to one mount could be answered by the other. */
export function routesClash(one: string, other: string): boolean {
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}
