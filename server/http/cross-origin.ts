/** Lets pages of a workspace's own applications call what people call for themselves, from their origins (Fetch §3.3, the CORS protocol). */
import type { Request, RequestHandler } from 'express';
import type { ClientOrigins } from '../clients/client-origins.ts';
import { PlatformError } from '../kernel/errors.ts';
import { chosenIdPattern, tenantId, workspaceId } from '../kernel/ids.ts';
import { limitTo, type RateLimiter } from './rate-limit.ts';

export interface CrossOriginDeps {
  readonly origins: ClientOrigins;
  /** How often one address may name an origin that is not known yet. */
  readonly strangers: RateLimiter;
  /** The client's address in the form that throttling counts by. */
  readonly addressOf: (req: Request) => string;
}

/** What a page may send beside what any form may, and read beside what any page may. */
const requestHeaders = 'authorization, content-type, if-match';
const responseHeaders = 'etag, retry-after, www-authenticate';
/** Seconds that a browser need not ask again. */
const maxAge = 600;

/**
 * Mounted before anything that refuses: pages may read refusals as well. Nothing is allowed by cookies: who calls, their
 * token says. Of a page that is not allowed, the browser hears nothing, and its preflight is refused.
 * @param methods of the path, in capitals
 */
export function crossOrigin(methods: readonly string[], deps: CrossOriginDeps): RequestHandler {
  const isAllowed = async (req: Request, origin: string): Promise<boolean> => {
    const { tid, aid } = req.params;
    if (![tid, aid].every((id) => typeof id === 'string' && chosenIdPattern.test(id))) return false;
    const place = [tenantId(String(tid)), workspaceId(String(aid)), origin] as const;
    const known = deps.origins.recall(...place);
    if (known !== undefined) return known;
    limitTo(deps.strangers, deps.addressOf(req));
    return deps.origins.find(...place);
  };

  return async (req, res, next) => {
    res.vary('Origin');
    const { origin } = req.headers;
    const allowed = origin !== undefined && (await isAllowed(req, origin));
    if (allowed) {
      res.setHeader('Access-Control-Allow-Origin', origin);
      res.setHeader('Access-Control-Expose-Headers', responseHeaders);
    }
    if (req.method !== 'OPTIONS') {
      next();
      return;
    }
    if (origin !== undefined && !allowed)
      throw new PlatformError('forbidden', 'No client of this workspace has a redirect URI at this origin.');
    res.setHeader('Allow', [...methods, 'OPTIONS'].join(', '));
    if (allowed) {
      res.setHeader('Access-Control-Allow-Methods', methods.join(', '));
      res.setHeader('Access-Control-Allow-Headers', requestHeaders);
      res.setHeader('Access-Control-Max-Age', String(maxAge));
    }
    res.status(204).end();
  };
}
