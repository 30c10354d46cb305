/** The OpenID Connect client of our own applications: what it asks of its issuer, and what it checks in the answers. */
import * as oidc from 'openid-client';
import type { RelyingApplication } from './application.ts';
import { SignInFailure } from './sign-in-failure.ts';

export interface SignInWish {
  readonly offline: boolean;
  readonly consent: boolean;
  readonly silent: boolean;
  /** Seconds since the person proved who they are. */
  readonly maxAge: number | undefined;
  /** What they are called, so that they need not type it again (OIDC Core §3.1.2.1). */
  readonly loginHint?: string | undefined;
}

/** What is remembered, sealed in the browser's cookie, between the request and its answer. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly silent: boolean;
  /** Seconds since the epoch before which the person's proof is too old (OIDC Core §3.1.3.7). */
  readonly provenAfter?: number | undefined;
  /** Path where the application goes on afterwards; its start where it is left out. */
  readonly to?: string | undefined;
}

export interface ReceivedTokens {
  readonly idToken: string;
  readonly claims: Readonly<Record<string, unknown>> & { readonly sub: string };
  readonly accessToken: string;
  readonly tokenType: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
  readonly refreshToken: string | undefined;
}

export interface RelyingParty {
  begin(
    app: RelyingApplication,
    wish: SignInWish,
  ): Promise<{ readonly location: string; readonly pending: PendingSignIn }>;
  /** @param query of the answer, with its question mark */
  finish(app: RelyingApplication, pending: PendingSignIn, query: string): Promise<ReceivedTokens>;
  refresh(app: RelyingApplication, tokens: ReceivedTokens): Promise<ReceivedTokens>;
  userinfo(app: RelyingApplication, tokens: ReceivedTokens): Promise<Readonly<Record<string, unknown>>>;
  introspect(app: RelyingApplication, tokens: ReceivedTokens): Promise<Readonly<Record<string, unknown>>>;
  /** @param idToken of the session, whose end is confirmed by the person where it is left out */
  signOutLocation(app: RelyingApplication, idToken: string | undefined): Promise<string>;
}

export interface RelyingPartyDeps {
  readonly fetch: oidc.CustomFetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The state a sign-out returns with. */
export const signedOutState = 'signed_out';
/** An http issuer is development on this machine. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- only marked so to stand out
const allowPlainHttp: (config: oidc.Configuration) => void = oidc.allowInsecureRequests;
/** Seconds that two clocks may differ. */
const clockTolerance = 30;

export function createRelyingParty(deps: RelyingPartyDeps): RelyingParty {
  const connect = (app: RelyingApplication): Promise<oidc.Configuration> => configurationOf(app, deps.fetch);

  return {
    async begin(app, wish) {
      const config = await connect(app);
      const pending: PendingSignIn = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
        silent: wish.silent,
        provenAfter:
          wish.maxAge === undefined ? undefined : Math.floor(deps.now() / 1000) - wish.maxAge - clockTolerance,
      };
      const parameters = {
        redirect_uri: app.redirectUri,
        scope: [...app.scopes, ...(wish.offline ? ['offline_access'] : [])].join(' '),
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
        ...promptOf(wish),
        ...(wish.maxAge === undefined ? {} : { max_age: String(wish.maxAge) }),
        ...(wish.loginHint === undefined || wish.loginHint === '' ? {} : { login_hint: wish.loginHint }),
      };
      const isPushed = app.pushes || config.serverMetadata().require_pushed_authorization_requests === true;
      const location = isPushed
        ? await oidc.buildAuthorizationUrlWithPAR(config, parameters)
        : oidc.buildAuthorizationUrl(config, parameters);
      return { location: location.href, pending };
    },

    async finish(app, pending, query) {
      const answer = new URL(app.redirectUri + query);
      if (answer.searchParams.get('state') !== pending.state) throw new SignInFailure('answer_not_ours');
      const config = await connect(app);
      const response = await oidc.authorizationCodeGrant(config, answer, {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.verifier,
        idTokenExpected: true,
      });
      const tokens = tokensOf(response, deps.now());
      const provenAt = tokens.claims['auth_time'];
      if (pending.provenAfter !== undefined && !(typeof provenAt === 'number' && provenAt >= pending.provenAfter)) {
        throw new SignInFailure('answer_not_believed', { code: 'auth_time', description: 'older than max_age allows' });
      }
      return tokens;
    },

    async refresh(app, tokens) {
      if (tokens.refreshToken === undefined) throw new SignInFailure('request_refused');
      const response = await oidc.refreshTokenGrant(await connect(app), tokens.refreshToken);
      return tokensOf(response, deps.now(), tokens);
    },

    async userinfo(app, tokens) {
      return { ...(await oidc.fetchUserInfo(await connect(app), tokens.accessToken, tokens.claims.sub)) };
    },

    async introspect(app, tokens) {
      return { ...(await oidc.tokenIntrospection(await connect(app), tokens.accessToken)) };
    },

    async signOutLocation(app, idToken) {
      return oidc.buildEndSessionUrl(await connect(app), {
        ...(idToken === undefined ? {} : { id_token_hint: idToken }),
        post_logout_redirect_uri: app.startUri,
        state: signedOutState,
      }).href;
    },
  };
}

/** A refresh token is given only with consent asked for (OIDC Core §11); `none` stands alone (§3.1.2.1). */
function promptOf({ silent, offline, consent }: SignInWish): { prompt?: string } {
  if (silent) return { prompt: 'none' };
  return offline || consent ? { prompt: 'consent' } : {};
}

/** What a refresh leaves out stays as it was (RFC 6749 §6; OIDC Core §12.2). */
function tokensOf(
  response: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers,
  now: number,
  before?: ReceivedTokens,
): ReceivedTokens {
  const idToken = response.id_token ?? before?.idToken;
  const claims = response.claims() ?? before?.claims;
  if (idToken === undefined || claims === undefined) throw new SignInFailure('answer_not_believed');
  const lifetime = response.expiresIn();
  return {
    idToken,
    claims: { ...claims },
    accessToken: response.access_token,
    tokenType: response.token_type,
    scopes: response.scope?.split(' ') ?? before?.scopes ?? [],
    expiresAt: lifetime === undefined ? undefined : now + lifetime * 1000,
    refreshToken: response.refresh_token ?? before?.refreshToken,
  };
}

async function configurationOf(app: RelyingApplication, fetch: oidc.CustomFetch): Promise<oidc.Configuration> {
  const { origin, protocol } = new URL(app.issuer);
  const authentication = clientAuthOf(app);
  const plain = protocol === 'http:';
  const options = { [oidc.customFetch]: fetch, execute: plain ? [allowPlainHttp] : [], timeout: 10 };
  const found = await oidc.discovery(new URL(app.issuer), app.clientId, undefined, authentication, options);
  const config = new oidc.Configuration(
    atOrigin(found.serverMetadata(), origin),
    app.clientId,
    undefined,
    authentication,
  );
  config[oidc.customFetch] = fetch;
  config.timeout = options.timeout;
  if (plain) allowPlainHttp(config);
  // The ID token's signature is checked although it came straight from the token endpoint.
  oidc.enableNonRepudiationChecks(config);
  return config;
}

function clientAuthOf({ clientSecret, postsSecret }: RelyingApplication): oidc.ClientAuth {
  if (clientSecret === undefined) return oidc.None();
  return postsSecret ? oidc.ClientSecretPost(clientSecret) : oidc.ClientSecretBasic(clientSecret);
}

/** Discovery came over loopback, where the engine may have written another scheme or host into its endpoints. */
function atOrigin(metadata: oidc.ServerMetadata, origin: string): oidc.ServerMetadata {
  const moved = Object.entries(metadata).map(([name, value]): [string, unknown] => {
    if (typeof value !== 'string' || !(name.endsWith('_endpoint') || name === 'jwks_uri')) return [name, value];
    const { pathname, search } = new URL(value);
    return [name, origin + pathname + search];
  });
  return { ...Object.fromEntries(moved), issuer: metadata.issuer };
}
