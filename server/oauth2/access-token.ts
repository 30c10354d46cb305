/** Access tokens: what they say (RFC 9068), and how a structured one leads to its stored row, and no other way. */
import { hash } from 'node:crypto';
import Provider from 'oidc-provider';
import { epochSeconds } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { clockToleranceSeconds } from './artifact.ts';
import type { ContributedClaims } from './contributed-claims.ts';
import { modelsOf } from './engine.ts';
import type { EngineIdTokenModel, EngineToken, EngineTokenModel } from './engine.ts';
import { isRecord } from './json.ts';
import type { JwtClaims, SignJwt, VerifyJwt } from './token-signature.ts';

export interface AccessTokenDeps {
  readonly workspace: Workspace;
  readonly issuer: string;
  readonly sign: SignJwt;
  readonly verify: VerifyJwt;
  readonly clock: Clock;
  /** What plugins say about people. */
  readonly contributed?: ContributedClaims | undefined;
}

/** In front of a structured token where the engine refuses those before it looks (introspection, revocation). */
export const structuredMark = '~';

/**
 * The stored row's id is made from the id that the token shows, one way. No opaque id holds a dot, so presenting this
 * one by itself is presenting nothing: only the signed token leads to the row.
 */
export function rowIdOf(publicId: string): string {
  return `jwt.${hash('sha256', `access-token:${publicId}`, 'base64url')}`;
}

/** Where the token's authentication comes from: the code that is redeemed, or the refresh token that is used. */
function authenticationOf(token: EngineToken): Readonly<Record<string, unknown>> | undefined {
  if (token.kind !== 'AccessToken') return undefined;
  const entities = Provider.ctx?.oidc.entities;
  const source = entities?.RefreshToken ?? entities?.AuthorizationCode;
  const account = entities?.Account;
  return {
    acr: source?.acr,
    amr: source?.amr,
    auth_time: source?.authTime,
    idp: account?.['idpId'],
    idp_sub: account?.['idpSubject'],
  };
}

/** Claims of plugins about the person whose token it is; none that the person refused. */
async function contributedTo(token: EngineToken, deps: AccessTokenDeps): Promise<Readonly<Record<string, unknown>>> {
  const { contributed } = deps;
  if (contributed?.isIn('access_token') !== true) return {};
  const entities = Provider.ctx?.oidc.entities;
  const rejected = entities?.Grant?.getRejectedOIDCClaims() ?? [];
  const claims = (await entities?.Account?.claims('access_token', token.scope ?? '', {}, rejected)) ?? {};
  return Object.fromEntries(
    Object.entries(claims).filter(([name]) => contributed.names.has(name) && !rejected.includes(name)),
  );
}

/** The engine drops the asked-for claims where a token has an audience; userinfo needs them all the same. */
function requestedClaims(token: EngineToken): unknown {
  if (token.kind !== 'AccessToken' || token.claims !== undefined) return token.claims;
  const entities = Provider.ctx?.oidc.entities;
  return (entities?.RefreshToken ?? entities?.AuthorizationCode)?.claims;
}

function storedPayload(model: EngineTokenModel, token: EngineToken, now: number): Record<string, unknown> {
  const payload: Record<string, unknown> = { iat: token.iat ?? now, exp: token.exp ?? now + token.expiration };
  for (const member of model.IN_PAYLOAD) {
    const value = token[member];
    if (value !== undefined) payload[member] = value;
  }
  return payload;
}

function confirmation(token: EngineToken): JwtClaims | undefined {
  if (token.jkt !== undefined) return { jkt: token.jkt };
  const thumbprint = token['x5t#S256'];
  return thumbprint === undefined ? undefined : { 'x5t#S256': thumbprint };
}

/** RFC 9068 §2.2; `scp`, `tid` and `aid` are the platform's own. */
function claimsOf(token: EngineToken, payload: Record<string, unknown>, deps: AccessTokenDeps): JwtClaims {
  const { settings, tenantId, id } = deps.workspace;
  const { idp_sub: _idpSubject, ...authentication } = token.extra ?? {};
  const scope = token.scope ?? '';
  return {
    ...authentication,
    iss: deps.issuer,
    sub: token.accountId ?? token.clientId,
    aud: token.aud,
    client_id: token.clientId,
    iat: payload['iat'],
    exp: payload['exp'],
    jti: token.publicId,
    scp: settings.scope_claim_formats.includes('scp_array') ? scope.split(' ').filter(Boolean) : undefined,
    scope: settings.scope_claim_formats.includes('scope_space_separated') ? scope : undefined,
    tid: tenantId,
    aid: id,
    cnf: confirmation(token),
  };
}

/** One search asks for every kind of token at once: the signature is checked for the first of them. */
function rememberLast(verify: VerifyJwt): VerifyJwt {
  let last: { readonly jwt: string; readonly claims: JwtClaims | undefined } | undefined;
  return (jwt) => {
    if (last?.jwt !== jwt) last = { jwt, claims: verify(jwt) };
    return last.claims;
  };
}

function readsStructured(deps: AccessTokenDeps, presented: string, ignoreExpiration: boolean): JwtClaims | undefined {
  const jwt = presented.startsWith(structuredMark) ? presented.slice(structuredMark.length) : presented;
  const claims = deps.verify(jwt);
  if (claims?.['iss'] !== deps.issuer || typeof claims['exp'] !== 'number') return undefined;
  const over = claims['exp'] + clockToleranceSeconds <= epochSeconds(deps.clock);
  return over && !ignoreExpiration ? undefined : claims;
}

/** Of requests under way: the access token that each is answered with. */
const issued = new WeakMap<object, string>();

/** The ID token beside an access token is bound to it (OIDC Core §3.1.3.6); the engine does so at the authorization endpoint only. */
function bindIdToken({ prototype }: EngineIdTokenModel): void {
  const { issue } = prototype;
  prototype.issue = function issueBound(options) {
    const accessToken = this.ctx === undefined ? undefined : issued.get(this.ctx);
    // The engine hashes what it finds under this name.
    if (options?.use === 'idtoken' && accessToken !== undefined) this.set('at_hash', accessToken);
    return issue.call(this, options);
  };
}

function overrideModel(model: EngineTokenModel, deps: AccessTokenDeps): void {
  const { prototype } = model;
  const { generateTokenId } = prototype;
  const find = model.find.bind(model);

  prototype.generateTokenId = function id() {
    // 126 random bits or more, from the engine's own pool.
    const random = generateTokenId.call(this);
    if (this.resourceServer?.accessTokenFormat !== 'jwt') return random;
    this.publicId = random;
    return rowIdOf(random);
  };

  prototype.getValueAndPayload = async function valueAndPayload() {
    const authentication = authenticationOf(this);
    const contributed = await contributedTo(this, deps);
    this.extra = authentication && { ...contributed, ...authentication };
    this.claims = requestedClaims(this);
    const payload = storedPayload(model, this, epochSeconds(deps.clock));
    const value = this.publicId === undefined ? this.jti : await deps.sign(claimsOf(this, payload, deps));
    if (Provider.ctx !== undefined) issued.set(Provider.ctx, value);
    // The engine stores what it is given here, and reads the same members back.
    return { value, payload };
  };

  model.find = async (value, options) => {
    if (typeof value !== 'string' || value === '') return undefined;
    if (!value.includes('.')) return find(value, options);
    const claims = readsStructured(deps, value, options?.ignoreExpiration === true);
    if (typeof claims?.['jti'] !== 'string') return undefined;
    const token = await find(rowIdOf(claims['jti']), options);
    if (token === undefined || token.clientId !== claims['client_id']) return undefined;
    token.publicId = claims['jti'];
    return token;
  };
}

/** Userinfo takes tokens for the workspace's own audience, which includes it; the engine takes only those without any. */
function acceptAtUserinfo(model: EngineTokenModel): void {
  const find = model.find.bind(model);
  model.find = async (value, options) => {
    const token = await find(value, options);
    if (token !== undefined && Provider.ctx?.oidc.route === 'userinfo') delete token.aud;
    return token;
  };
}

/** The engine refuses structured tokens by their looks, before it searches: here they are stored, and looked different. */
function markStructured(provider: Provider): void {
  const values = new WeakMap<object, unknown>();
  function read(this: object): unknown {
    return values.get(this);
  }
  function write(this: { readonly route: string }, params: unknown): void {
    values.set(this, params);
    if (this.route !== 'introspection' && this.route !== 'revocation') return;
    if (isRecord(params) && typeof params['token'] === 'string' && params['token'].includes('.')) {
      Reflect.set(params, 'token', `${structuredMark}${params['token']}`);
    }
  }
  Object.defineProperty(modelsOf(provider).OIDCContext.prototype, 'params', {
    configurable: true,
    get: read,
    set: write,
  });
}

/** Makes this provider issue, store and find access tokens of both strategies. */
export function useStoredAccessTokens(provider: Provider, given: AccessTokenDeps): void {
  const deps = { ...given, verify: rememberLast(given.verify) };
  const { AccessToken, ClientCredentials, IdToken, RefreshToken } = modelsOf(provider);
  bindIdToken(IdToken);
  overrideModel(AccessToken, deps);
  overrideModel(ClientCredentials, deps);
  acceptAtUserinfo(AccessToken);
  markStructured(provider);

  const find = RefreshToken.find.bind(RefreshToken);
  // Saves a question to the database: refresh tokens are opaque, and no opaque id holds a dot.
  RefreshToken.find = (value, options) =>
    typeof value === 'string' && value.includes('.') ? Promise.resolve(undefined) : find(value, options);
}
