/** Where the protocol engine meets HTTP: everything under its own first segments, below the address of a workspace. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ShortCut } from '../http/front-door.ts';
import { chosenIdPattern, tenantId, workspaceId } from '../kernel/ids.ts';
import { isBearerCall } from './bearer.routes.ts';
import type { ProviderRegistry } from './registry.ts';

export interface Oauth2HandlerDeps {
  readonly registry: Pick<ProviderRegistry, 'get'>;
}

/** Plugins cannot have endpoints under these (`reservedSegments`). */
const ownPath = /^\/([^/?]+)\/([^/?]+)(\/(?:oauth2|oidc|par|userinfo|device|backchannel|\.well-known)(?:[/?].*)?)$/;

/**
 * Addresses come from the issuer. What a request says about itself only matters for `Secure` cookies, and is replaced by
 * what the deployment says: whoever is in front of it cannot be told from a client that claims to be.
 */
function pinOrigin({ headers }: IncomingMessage, issuer: string): void {
  const { host, protocol } = new URL(issuer);
  const said: Readonly<Record<string, string>> = {
    host,
    'x-forwarded-proto': protocol.slice(0, -1),
    'x-forwarded-host': host,
  };
  for (const name of Object.keys(headers)) {
    const claims = name === 'forwarded' || name.startsWith('x-forwarded-');
    if (claims && !Object.hasOwn(said, name)) headers[name] = undefined;
  }
  Object.assign(headers, said);
}

/** @returns where the engine answers. Bodies must not be parsed before it. */
export function createOauth2Handler({ registry }: Oauth2HandlerDeps): ShortCut {
  return {
    takes: (request) => ownPath.test(request.url ?? '') && !isBearerCall(request),

    async answer(request: IncomingMessage & { originalUrl?: string | undefined }, response: ServerResponse) {
      const [url, tenant = '', workspace = '', path] = ownPath.exec(request.url ?? '') ?? [];
      if (!chosenIdPattern.test(tenant) || !chosenIdPattern.test(workspace)) return false;
      const registered = await registry.get(tenantId(tenant), workspaceId(workspace));
      if (registered === undefined) return false;
      pinOrigin(request, registered.provider.issuer);
      // What it is mounted at, it finds by comparing the two.
      request.originalUrl = url;
      request.url = path;
      await registered.callback(request, response);
      return true;
    },
  };
}
