/** What the platform adds to the engine's answers: its members of errors and introspection, and headers of its pages. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { IncomingMessage } from 'node:http';
import { openerPolicies, openerPolicyHeader } from '../http/security-headers.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { allowFormTarget } from './form-action.ts';
import { isRecord } from './json.ts';
import type { ServiceAudiences } from './resource-server.ts';

export interface ResponseDeps {
  readonly workspace: Workspace;
  /** Audiences of a token besides the workspace's own. */
  readonly serviceAudiences: ServiceAudiences;
  /** The id under which the log knows this request. */
  readonly traceIdOf: (request: IncomingMessage) => string | undefined;
}

type Body = Readonly<Record<string, unknown>>;

/** The token that was asked about, in the order that the engine looks for them. */
function tokenOf({ oidc }: KoaContextWithOIDC): Body | undefined {
  const { AccessToken, ClientCredentials, RefreshToken } = oidc.entities;
  const token: unknown = AccessToken ?? ClientCredentials ?? RefreshToken;
  return isRecord(token) ? token : undefined;
}

/** RFC 7662 §2.2, and the published members. The engine's `jti` is the row's id: it never leaves the house. */
export function introspectionBody(
  body: Body,
  token: Body,
  { workspace, serviceAudiences }: Pick<ResponseDeps, 'workspace' | 'serviceAudiences'>,
): Body {
  const audience = body['aud'];
  return {
    ...body,
    sub: body['sub'] ?? body['client_id'],
    aud: typeof audience === 'string' ? [audience, ...serviceAudiences(body['scope'])] : audience,
    acr: body['acr'] ?? token['acr'],
    amr: body['amr'] ?? token['amr'],
    nbf: body['iat'],
    jti: token['publicId'],
    tenant_id: workspace.tenantId,
    server_id: workspace.id,
  };
}

/** Errors sent by redirect are found in the log by their `trace_id`; other response modes have no place for it. */
function traceRedirect(ctx: KoaContextWithOIDC, traceId: string): void {
  const location = ctx.res.getHeader('location');
  if (typeof location !== 'string' || !URL.canParse(location)) return;
  const target = new URL(location);
  if (!target.searchParams.has('error') || !target.searchParams.has('iss')) return;
  target.searchParams.set('trace_id', traceId);
  ctx.set('location', target.href);
}

/**
 * For the pages that the engine draws by itself: forms that a script of its own sends on, to a client (form_post) or to
 * itself (another person takes over the session). It adds the hash of its script, and `allowFormTarget` the client.
 */
const enginePagePolicy =
  "default-src 'none'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

function guardEnginePages({ path, res }: KoaContextWithOIDC): void {
  if (!path.startsWith('/oauth2/authorize') && !path.startsWith('/oidc/logout')) return;
  if (!res.hasHeader('content-security-policy')) res.setHeader('content-security-policy', enginePagePolicy);
  res.setHeader(openerPolicyHeader, openerPolicies.kept);
}

/** Koa middleware for `provider.use`. */
export function completeResponses(deps: ResponseDeps) {
  const { traceIdOf } = deps;
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    guardEnginePages(ctx);
    await next();
    // Answers to addresses that the engine does not have.
    if (!('oidc' in ctx)) return;
    const { oidc } = ctx;
    const traceId = traceIdOf(ctx.req);
    const body: unknown = ctx.body;
    const token = tokenOf(ctx);
    if (isRecord(body) && ctx.status >= 400 && typeof body['error'] === 'string') {
      ctx.body = { ...body, status_code: ctx.status, ...(traceId === undefined ? {} : { trace_id: traceId }) };
    } else if (isRecord(body) && oidc.route === 'introspection' && body['active'] === true && token !== undefined) {
      ctx.body = introspectionBody(body, token, deps);
    } else if (traceId !== undefined && (oidc.route === 'authorization' || oidc.route === 'resume')) {
      traceRedirect(ctx, traceId);
    }
    allowFormTarget(ctx);
  };
}
