/** Who may ask about a token, and who may end it. */
import { errors } from 'oidc-provider';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { isActive } from './client-model.ts';

type Introspection = NonNullable<NonNullable<Configuration['features']>['introspection']>;
type Caller = Parameters<NonNullable<Introspection['allowedPolicy']>>[1];

interface Owned {
  readonly clientId?: string | undefined;
}

/** The token's client is gone, inactive or no longer valid: its tokens are as good as gone. */
async function ownerIsServed({ oidc }: KoaContextWithOIDC, caller: Caller, token: Owned): Promise<boolean> {
  if (token.clientId === undefined) return false;
  if (token.clientId === caller.clientId) return isActive(caller);
  try {
    return isActive(await oidc.provider.Client.find(token.clientId));
  } catch (error) {
    if (error instanceof errors.InvalidClientMetadata) return false;
    throw error;
  }
}

/** RFC 7662 §2.1: callers authenticate; a client without a secret learns about its own tokens only. */
export async function mayIntrospect(ctx: KoaContextWithOIDC, caller: Caller, token: Owned): Promise<boolean> {
  if (!isActive(caller)) return false;
  if (caller.tokenEndpointAuthMethod === 'none' && token.clientId !== caller.clientId) return false;
  return ownerIsServed(ctx, caller, token);
}

/** RFC 7009 §2.1: the token was issued to the client that asks. A client without a secret is told nothing of others'. */
export function mayRevoke(_ctx: KoaContextWithOIDC, caller: Caller, token: Owned): boolean {
  if (token.clientId === caller.clientId) return true;
  if (caller.tokenEndpointAuthMethod === 'none') return false;
  throw new errors.InvalidRequest('client is not authorized to revoke the presented token');
}
