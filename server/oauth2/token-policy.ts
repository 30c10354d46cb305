/** Who may ask about a token, and who may end it. */
import { errors } from 'oidc-provider';
import type Provider from 'oidc-provider';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { VerifiedToken } from '../http/bearer.ts';
import { isActive } from './client-model.ts';

type Introspection = NonNullable<NonNullable<Configuration['features']>['introspection']>;
type Caller = Parameters<NonNullable<Introspection['allowedPolicy']>>[1];

interface Owned {
  readonly clientId?: string | undefined;
}

/** Scopes of a workspace that let a client ask about, or end, what others were given there. */
export const introspectScope = 'introspect_tokens';
export const revokeScope = 'revoke_tokens';

/** A token's own client; undefined where it is gone, or no longer valid under the workspace's settings. */
export async function ownerOf(provider: Provider, token: Owned): Promise<Caller | undefined> {
  try {
    return await provider.Client.find(token.clientId ?? '');
  } catch (error) {
    if (error instanceof errors.InvalidClientMetadata) return undefined;
    throw error;
  }
}

/** The token's client is gone, inactive or no longer valid: its tokens are as good as gone. */
async function ownerIsServed({ oidc }: KoaContextWithOIDC, caller: Caller, token: Owned): Promise<boolean> {
  return isActive(token.clientId === caller.clientId ? caller : await ownerOf(oidc.provider, token));
}

/** RFC 7662 §2.1: callers authenticate; a client without a secret learns about its own tokens only. */
export async function mayIntrospect(ctx: KoaContextWithOIDC, caller: Caller, token: Owned): Promise<boolean> {
  if (!isActive(caller)) return false;
  if (caller.tokenEndpointAuthMethod === 'none' && token.clientId !== caller.clientId) return false;
  return ownerIsServed(ctx, caller, token);
}

/** What a person granted is theirs; other people's tokens are not. So the scope counts only for a client that acts for itself. */
export function actsForItself({ subject, scopes }: VerifiedToken, scope: string): boolean {
  return subject === undefined && scopes.includes(scope);
}

/** It could have a token with this scope for the asking. */
function isAssigned(caller: Caller, scope: string): boolean {
  if (!isActive(caller) || caller.tokenEndpointAuthMethod === 'none') return false;
  return caller.scope?.split(' ').includes(scope) === true && caller.grantTypeAllowed('client_credentials');
}

/**
 * RFC 7009 §2.1: the token was issued to the client that asks, or the client was assigned the scope to end others'. A
 * client without a secret is told nothing of others'.
 */
export function mayRevoke(_ctx: KoaContextWithOIDC, caller: Caller, token: Owned): boolean {
  if (token.clientId === caller.clientId || isAssigned(caller, revokeScope)) return true;
  if (caller.tokenEndpointAuthMethod === 'none') return false;
  throw new errors.InvalidRequest('client is not authorized to revoke the presented token');
}
