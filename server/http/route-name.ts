/** The name of a route for logs and metrics: a template such as `/:tid/:aid/oauth2/token`, never an id, never a query. */
import type { IncomingMessage } from 'node:http';

/** Endpoints answered by the protocol engine, which is no express router and so leaves no route behind. */
const protocolEndpoints = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/.well-known/jwks.json',
  '/oauth2/authorize',
  '/oauth2/token',
  '/oauth2/introspect',
  '/oauth2/revoke',
  '/oauth2/register',
  '/par',
  '/userinfo',
  '/device/authorization',
  '/backchannel/authentication',
  '/oidc/logout',
  '/oidc/logout/confirm',
  '/oidc/logout/success',
]);

/** Where the engine goes on with a request that was interrupted for a page. */
const resumed = /^\/oauth2\/authorize\/[^/]+$/;

const managementApis = new Set(['admin', 'analytics', 'developer', 'hub', 'identity', 'permissions', 'system']);

const unmatched = 'unmatched';

/** Express adds the two once it has the request; the protocol's short cut the first. */
export interface RoutedRequest extends IncomingMessage {
  readonly originalUrl?: string | undefined;
  readonly route?: unknown;
}

function templateOf({ route }: RoutedRequest): string | undefined {
  if (typeof route !== 'object' || route === null || !('path' in route)) return undefined;
  return typeof route.path === 'string' ? route.path : undefined;
}

/** Only the platform's own templates and the endpoints above become names, so there is a bounded number of them. */
export function routeName(req: RoutedRequest): string {
  const path = (req.originalUrl ?? req.url ?? '').split('?', 1)[0] ?? '';
  const [, first = '', second = '', ...rest] = path.split('/');
  const template = templateOf(req);
  if (template === undefined) {
    const endpoint = `/${rest.join('/')}`;
    if (resumed.test(endpoint)) return '/:tid/:aid/oauth2/authorize/:uid';
    return protocolEndpoints.has(endpoint) ? `/:tid/:aid${endpoint}` : unmatched;
  }
  if (template === path || template.startsWith('/:tid') || template.startsWith('/api/')) return template;
  if (first === 'ops' || first === 'assets') return `/${first}${template}`;
  if (first.toLowerCase() === 'api') return `/api/${managementApis.has(second) ? second : ':api'}/:tid${template}`;
  return `/:tid/:aid${template}`;
}
