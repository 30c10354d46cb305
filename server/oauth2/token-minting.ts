/** What scripts add to tokens: asked once for all the tokens of a request, and never instead of what the engine says. */
import { z } from 'zod';
import Provider, { errors } from 'oidc-provider';
import type { JsonValue } from '../../scripts-runtime/index.ts';
import { protocolClaims } from '../extension-points/claims.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { EngineToken } from './engine.ts';

export type TokenClaims = Readonly<Record<string, unknown>>;

/** What tokens would say without a script. */
export interface TokensAsked {
  readonly clientId: string;
  readonly grantType: string;
  readonly scopes: readonly string[];
  readonly subject: string | undefined;
  readonly accessToken: TokenClaims;
  readonly idToken: TokenClaims;
}

export type Minted =
  | { readonly kind: 'minted'; readonly accessToken: TokenClaims; readonly idToken: TokenClaims }
  | { readonly kind: 'denied' | 'failed' };

export type MintTokens = (asked: TokensAsked) => Promise<Minted>;

/** Said by the engine and by nobody else: who a token is of, for whom, until when, what it allows and what it is bound to. */
const reserved: ReadonlySet<string> = new Set([
  ...protocolClaims,
  ...['typ', 'events', 'username', 'rt_hash', 'urn:openid:params:jwt:claim:rt_hash'],
  ...['__proto__', 'constructor', 'prototype'],
]);

/** Of JSON, in each token. Bytes. */
const longest = 8 * 1024;

const returned = z.object({
  access_token: z.record(z.string().min(1).max(255), z.json()).nullish(),
  id_token: z.record(z.string().min(1).max(255), z.json()).nullish(),
});

/** @returns what may be added by a script that returned this; undefined where it cannot be used */
export function mintedBy(output: JsonValue): Extract<Minted, { kind: 'minted' }> | undefined {
  const read = returned.safeParse(output);
  if (!read.success) return undefined;
  const [accessToken, idToken] = [allowed(read.data.access_token), allowed(read.data.id_token)];
  const isLong = [accessToken, idToken].some((claims) => Buffer.byteLength(JSON.stringify(claims)) > longest);
  return isLong ? undefined : { kind: 'minted', accessToken, idToken };
}

/** A script may return the whole token that it was shown: what it says of these names is left out. */
function allowed(claims: TokenClaims | null | undefined): TokenClaims {
  return Object.fromEntries(Object.entries(claims ?? {}).filter(([name]) => !reserved.has(name)));
}

const nothing = { accessToken: {}, idToken: {} } as const;

/** Of requests under way: what their tokens are to say besides. */
const asked = new WeakMap<object, Promise<Minted>>();

/**
 * What is added to the tokens of the request that is under way.
 * @param token the access token that is made; undefined where there is an ID token alone
 * @throws AccessDenied where a script refused; PlatformError `internal` where one failed: the answer tells nobody why
 */
export async function mintedFor(
  mint: MintTokens | undefined,
  token: EngineToken | undefined,
  claims: TokenClaims,
): Promise<{ readonly accessToken: TokenClaims; readonly idToken: TokenClaims }> {
  const ctx = Provider.ctx;
  if (mint === undefined || ctx === undefined) return nothing;
  let minting = asked.get(ctx);
  if (minting === undefined) {
    minting = ask(mint, token, claims);
    asked.set(ctx, minting);
  }
  const minted = await minting;
  switch (minted.kind) {
    case 'minted':
      return minted;
    case 'denied':
      throw new errors.AccessDenied('the tokens were refused');
    case 'failed':
      throw new PlatformError('internal', 'A script that decides over tokens failed.');
  }
}

async function ask(mint: MintTokens, token: EngineToken | undefined, accessToken: TokenClaims): Promise<Minted> {
  const { client, params, entities } = Provider.ctx?.oidc ?? {};
  const account = entities?.Account;
  const scope = token?.scope ?? '';
  const rejected = entities?.Grant?.getRejectedOIDCClaims() ?? [];
  const isPersons = account !== undefined && token?.kind !== 'ClientCredentials';
  const idToken = isPersons ? await account.claims('id_token', scope, {}, rejected) : {};
  const grantType = params?.['grant_type'];
  return mint({
    clientId: token?.clientId ?? client?.clientId ?? '',
    grantType: typeof grantType === 'string' ? grantType : 'authorization_code',
    scopes: scope.split(' ').filter((one) => one !== ''),
    subject: isPersons ? account.accountId : undefined,
    accessToken,
    idToken,
  });
}
