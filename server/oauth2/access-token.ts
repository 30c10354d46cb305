/** Access tokens: what they say (RFC 9068), and how a structured one leads to its stored row, and no other way. */
import { hash } from 'node:crypto';
import Provider from 'oidc-provider';
import { epochSeconds } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { ContributedClaims } from './contributed-claims.ts';
import { modelsOf } from './engine.ts';
import type { EngineIdTokenModel, EngineToken, EngineTokenModel } from './engine.ts';
import { isRecord } from './json.ts';
import { mintedFor, type MintTokens } from './token-minting.ts';
import type { ServiceAudiences } from './resource-server.ts';
import type { JwtClaims, SignJwt } from './token-signature.ts';

export interface AccessTokenDeps {
  readonly workspace: Workspace;
  readonly issuer: string;
  readonly sign: SignJwt;
  /** Keys whose signatures count: those of a revoked one are worth nothing. */
  readonly kids: ReadonlySet<string>;
  readonly clock: Clock;
  /** Audiences besides the workspace's own. */
  readonly serviceAudiences: ServiceAudiences;
  /** What plugins say about people. */
  readonly contributed?: ContributedClaims | undefined;
  /** What scripts add to tokens. */
  readonly mint?: MintTokens | undefined;
}

/** In front of a structured token where the engine refuses those before it looks (introspection, revocation): a part too many for a JWT. */
export const structuredMark = '.';

/**
 * The stored row's id is made from the whole token, one way: what leads to a row is what was issued here, to the last
 * bit, which is more than its signature says and takes a twentieth of the time to see. No opaque id holds a dot, so
 * presenting a row's id by itself is presenting nothing.
 */
export function rowIdOf(jwt: string): string {
  return `jwt.${hash('sha256', `access-token:${jwt}`, 'base64url')}`;
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
    Object.entries(claims).filter(([name]) => contributed.has('access_token', name) && !rejected.includes(name)),
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
  const services = deps.serviceAudiences(scope);
  return {
    ...authentication,
    iss: deps.issuer,
    sub: token.accountId ?? token.clientId,
    aud: services.length === 0 ? token.aud : [token.aud, ...services],
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

/** What a structured token says, whoever wrote it; undefined for anything that is none. */
function unverifiedClaims(jwt: string): JwtClaims | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
    return isRecord(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** The key that a structured token names, whoever wrote it. */
function namedKey(jwt: string): unknown {
  try {
    const header: unknown = JSON.parse(Buffer.from(jwt.slice(0, jwt.indexOf('.')), 'base64url').toString());
    return isRecord(header) ? header['kid'] : undefined;
  } catch {
    return undefined;
  }
}

/** Of requests under way: the access token that each is answered with. */
const issued = new WeakMap<object, string>();

/** The ID token beside an access token is bound to it (OIDC Core §3.1.3.6); the engine does so at the authorization endpoint only. */
function bindIdToken({ prototype }: EngineIdTokenModel, mint: MintTokens | undefined): void {
  const { issue } = prototype;
  prototype.issue = async function issueBound(options) {
    if (options?.use === 'idtoken') {
      const { idToken } = await mintedFor(mint, undefined, {});
      for (const [name, value] of Object.entries(idToken)) this.set(name, value);
    }
    const accessToken = this.ctx === undefined ? undefined : issued.get(this.ctx);
    // The engine hashes what it finds under this name.
    if (options?.use === 'idtoken' && accessToken !== undefined) this.set('at_hash', accessToken);
    return issue.call(this, options);
  };
}

/** @param mayBe whether a token that says this can be one of the model's at all */
function overrideModel(
  model: EngineTokenModel,
  deps: AccessTokenDeps,
  mayBe: (claims: JwtClaims) => boolean = () => true,
): void {
  const { prototype } = model;
  const { generateTokenId } = prototype;
  const find = model.find.bind(model);

  prototype.generateTokenId = function id() {
    // 126 random bits or more, from the engine's own pool.
    const random = generateTokenId.call(this);
    if (this.resourceServer?.accessTokenFormat === 'jwt') this.publicId = random;
    return random;
  };

  prototype.getValueAndPayload = async function valueAndPayload() {
    const authentication = authenticationOf(this);
    const contributed = await contributedTo(this, deps);
    this.extra = authentication && { ...contributed, ...authentication };
    this.claims = requestedClaims(this);
    const now = epochSeconds(deps.clock);
    const { accessToken } = await mintedFor(deps.mint, this, claimsOf(this, storedPayload(model, this, now), deps));
    if (Object.keys(accessToken).length > 0) this.extra = { ...contributed, ...accessToken, ...authentication };
    const payload = storedPayload(model, this, now);
    let value = this.jti;
    if (this.publicId !== undefined) {
      value = await deps.sign(claimsOf(this, payload, deps));
      // The engine stores the row under this next.
      this.jti = rowIdOf(value);
    }
    if (Provider.ctx !== undefined) issued.set(Provider.ctx, value);
    // The engine stores what it is given here, and reads the same members back.
    return { value, payload };
  };

  model.find = async (value, options) => {
    if (typeof value !== 'string' || value === '') return undefined;
    if (!value.includes('.')) return find(value, options);
    const jwt = value.startsWith(structuredMark) ? value.slice(structuredMark.length) : value;
    const claims = unverifiedClaims(jwt);
    if (claims === undefined || !mayBe(claims)) return undefined;
    const kid = namedKey(jwt);
    if (typeof kid !== 'string' || !deps.kids.has(kid)) return undefined;
    const token = await find(rowIdOf(jwt), options);
    if (token !== undefined && typeof claims['jti'] === 'string') token.publicId = claims['jti'];
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

/** Refresh tokens are opaque, and no opaque id holds a dot: saves a question to the database. */
function refuseStructured(model: Pick<EngineTokenModel, 'find'>): void {
  const find = model.find.bind(model);
  model.find = (value, options) =>
    typeof value === 'string' && value.includes('.') ? Promise.resolve(undefined) : find(value, options);
}

/** What makes this provider issue, store and find access tokens of both strategies, for `overrideModels`. */
export function storedAccessTokens(provider: Provider, deps: AccessTokenDeps) {
  const models = modelsOf(provider);
  return {
    IdToken: () => {
      bindIdToken(models.IdToken, deps.mint);
    },
    AccessToken: () => {
      overrideModel(models.AccessToken, deps);
      acceptAtUserinfo(models.AccessToken);
    },
    ClientCredentials: () => {
      // Saves a question to the database: a client's own token has the client as its subject, whatever else is believed.
      overrideModel(models.ClientCredentials, deps, (claims) => claims['sub'] === claims['client_id']);
    },
    RefreshToken: () => {
      refuseStructured(models.RefreshToken);
    },
    OIDCContext: () => {
      markStructured(provider);
    },
  };
}
