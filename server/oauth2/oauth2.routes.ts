/** Where the protocol engine meets HTTP: mounted at `/:tid/:aid` after the platform's own pages, it answers all the rest. */
import type { NextFunction, Request, Response } from 'express';
import { chosenIdPattern, tenantId, workspaceId } from '../kernel/ids.ts';
import { createBearerEndpoints } from './bearer.routes.ts';
import type { ProviderRegistry } from './registry.ts';

export interface Oauth2HandlerDeps {
  readonly registry: Pick<ProviderRegistry, 'get'>;
}

function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && chosenIdPattern.test(value) ? value : undefined;
}

/**
 * Addresses come from the issuer. What a request says about itself only matters for `Secure` cookies, and is replaced by
 * what the deployment says: whoever is in front of it cannot be told from a client that claims to be.
 */
function pinOrigin(request: Request, issuer: string): void {
  for (const name of Object.keys(request.headers)) {
    if (name === 'forwarded' || name.startsWith('x-forwarded-')) Reflect.deleteProperty(request.headers, name);
  }
  const { host, protocol } = new URL(issuer);
  request.headers.host = host;
  request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
  request.headers['x-forwarded-host'] = host;
}

/** Express middleware; passes on what belongs to no workspace. Bodies must not be parsed before it. */
export function createOauth2Handler({ registry }: Oauth2HandlerDeps) {
  const bearer = createBearerEndpoints({ registry });
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const tenant = idOf(request.params['tid']);
    const workspace = idOf(request.params['aid']);
    const registered =
      tenant === undefined || workspace === undefined
        ? undefined
        : await registry.get(tenantId(tenant), workspaceId(workspace));
    if (registered === undefined) {
      next();
      return;
    }
    if (bearer.takes(request)) {
      await bearer.answer(registered, request, response);
      return;
    }
    pinOrigin(request, registered.provider.issuer);
    await registered.callback(request, response);
  };
}
