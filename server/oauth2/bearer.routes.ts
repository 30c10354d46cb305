/** Introspection and revocation for callers that show an access token of the same workspace instead of authenticating. */
import { promisify } from 'node:util';
import type { IncomingMessage } from 'node:http';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { bearerToken, challenge, refuse, type VerifiedToken } from '../http/bearer.ts';
import { formBody } from '../http/bodies.ts';
import { PlatformError } from '../kernel/errors.ts';
import { chosenIdPattern, tenantId, workspaceId } from '../kernel/ids.ts';
import { isActive } from './client-model.ts';
import { modelsOf } from './engine.ts';
import type { EngineToken } from './engine.ts';
import type { ProviderRegistry, RegisteredProvider } from './registry.ts';
import { introspectionBody } from './responses.ts';
import { actsForItself, introspectScope, ownerOf, revokeScope } from './token-policy.ts';
import { createTokenVerifier } from './token-verifier.ts';

interface Call {
  readonly registered: RegisteredProvider;
  readonly caller: VerifiedToken;
  readonly request: Request;
  readonly response: Response;
}

const readForm = promisify(formBody());

const form = z.object({
  token: z.string().min(1).max(16_384),
  client_secret: z.never().optional(),
  client_assertion: z.never().optional(),
});

/** RFC 7662 §2.1, RFC 7009 §2.1. The hint is not needed: all kinds are looked at. */
async function presentedToken({ request, response }: Call): Promise<string> {
  await readForm(request, response);
  const parsed = form.safeParse(request.body);
  if (parsed.success) return parsed.data.token;
  // RFC 6749 §2.3: not more than one authentication method in each request.
  throw new PlatformError(
    'bad_request',
    'Send one token as a form, and no client authentication beside the bearer token.',
  );
}

async function find({ provider }: RegisteredProvider, value: string): Promise<EngineToken | undefined> {
  const { AccessToken, ClientCredentials, RefreshToken } = modelsOf(provider);
  return (await AccessToken.find(value)) ?? (await ClientCredentials.find(value)) ?? (await RefreshToken.find(value));
}

/** Still good, of a client that is served, and of a grant that stands. */
async function isActiveToken({ provider }: RegisteredProvider, token: EngineToken): Promise<boolean> {
  if (!token.isValid || !isActive(await ownerOf(provider, token))) return false;
  if (token.grantId === undefined) return true;
  const grant = await provider.Grant.find(token.grantId);
  return grant?.clientId === token.clientId && grant.accountId === token.accountId;
}

/** RFC 7662 §2.2, as the engine words it. */
function described(token: EngineToken, issuer: string): Readonly<Record<string, unknown>> {
  const bound = { ...(token.jkt && { jkt: token.jkt }), ...(token['x5t#S256'] && { 'x5t#S256': token['x5t#S256'] }) };
  return {
    ...(token.accountId === undefined ? {} : { sub: token.accountId }),
    ...token.extra,
    active: true,
    client_id: token.clientId,
    exp: token.exp,
    iat: token.iat,
    sid: token.sid,
    iss: issuer,
    aud: token.aud,
    scope: token.scope === '' ? undefined : token.scope,
    cnf: Object.keys(bound).length === 0 ? undefined : bound,
    token_type: token.kind === 'RefreshToken' ? undefined : token.tokenType,
  };
}

async function introspect(call: Call): Promise<void> {
  const { registered, caller, response } = call;
  if (!actsForItself(caller, introspectScope)) throw refuse(response, 'insufficient_scope', introspectScope);
  const token = await find(registered, await presentedToken(call));
  const active = token !== undefined && (await isActiveToken(registered, token));
  const { issuer } = registered.provider;
  response.json(active ? introspectionBody(described(token, issuer), token, registered) : { active: false });
}

/** As the engine does for a client that authenticates: with a refresh token the whole grant goes. */
async function end({ provider }: RegisteredProvider, token: EngineToken): Promise<void> {
  await token.destroy();
  const { grantId } = token;
  if (grantId === undefined || token.kind === 'ClientCredentials') return;
  const { AccessToken, RefreshToken, AuthorizationCode } = modelsOf(provider);
  for (const model of [AccessToken, RefreshToken, AuthorizationCode]) await model.revokeByGrantId(grantId);
  if (token.kind === 'RefreshToken') await (await provider.Grant.find(grantId, { ignoreExpiration: true }))?.destroy();
}

/** RFC 7009 §2.2: a token that nobody knows is answered as one that was ended. */
async function revoke(call: Call): Promise<void> {
  const { registered, caller, response } = call;
  const token = await find(registered, await presentedToken(call));
  if (token !== undefined) {
    const own = token.clientId === caller.clientId;
    if (!own && !actsForItself(caller, revokeScope)) throw refuse(response, 'insufficient_scope', revokeScope);
    await end(registered, token);
  }
  response.end();
}

const paths = { introspect: '/oauth2/introspect', revoke: '/oauth2/revoke' } as const;
const callPath = new RegExp(`^/[^/?]+/[^/?]+(?:${Object.values(paths).join('|')})(?:\\?|$)`);

/** Whether it is a call of this kind: clients that authenticate are the engine's to answer. */
export function isBearerCall({ method, url, headers }: IncomingMessage): boolean {
  return method === 'POST' && /^bearer(?: |$)/i.test(headers.authorization ?? '') && callPath.test(url ?? '');
}

function tokenOf(request: Request, response: Response): string | undefined {
  try {
    return bearerToken(request);
  } catch (error) {
    response.setHeader('WWW-Authenticate', challenge('invalid_request'));
    throw error;
  }
}

/** The routes raise PlatformError with the challenge of RFC 6750 §3 set, and pass on what belongs to no workspace. */
export function bearerRoutes(deps: { readonly registry: Pick<ProviderRegistry, 'get'> }): Router {
  const verifier = createTokenVerifier(deps);
  const answering =
    (endpoint: (call: Call) => Promise<void>): RequestHandler<{ readonly tid: string; readonly aid: string }> =>
    async (request, response, next) => {
      const { tid, aid } = request.params;
      const known = chosenIdPattern.test(tid) && chosenIdPattern.test(aid);
      const registered = known ? await deps.registry.get(tenantId(tid), workspaceId(aid)) : undefined;
      if (registered === undefined) {
        next();
        return;
      }
      response.setHeader('Cache-Control', 'no-store');
      const token = tokenOf(request, response);
      const { tenantId: tenant, id } = registered.workspace;
      const caller = token === undefined ? undefined : await verifier.verify(token, tenant, id);
      if (caller === undefined) throw refuse(response, 'invalid_token');
      await endpoint({ registered, caller, request, response });
    };
  return Router()
    .post(`/:tid/:aid${paths.introspect}`, answering(introspect))
    .post(`/:tid/:aid${paths.revoke}`, answering(revoke));
}
