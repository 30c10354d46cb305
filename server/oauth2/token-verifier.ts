/** Whose access token a caller shows: verified through the token model of the workspace that is asked, and no other. */
import { decodeJwt } from 'jose';
import { errors, type Provider } from 'oidc-provider';
import type { VerifiedToken } from '../http/bearer.ts';
import { clientId, tenantId, type ClientId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { isActive } from './client-model.ts';
import { modelsOf } from './engine.ts';
import { audienceOf } from './grant.ts';
import type { ProviderRegistry } from './registry.ts';

export interface TokenVerifier {
  /**
   * Signature, issuer, type, audience, expiry, revocation and the client's state; an id_token, a token of another
   * workspace and one that is bound to a key (which this caller cannot prove) are nothing here.
   */
  verify(token: string, tenant: TenantId, workspace: WorkspaceId): Promise<VerifiedToken | undefined>;
  /** Whether a client is active and has what a person granted to it: nobody took it back, by a sign-out or otherwise. */
  grantStands(
    grant: { readonly grantId: string; readonly clientId: ClientId },
    tenant: TenantId,
    workspace: WorkspaceId,
  ): Promise<boolean>;
}

export function createTokenVerifier({ registry }: { readonly registry: Pick<ProviderRegistry, 'get'> }): TokenVerifier {
  return {
    async verify(token, tenant, workspace) {
      const entry = await registry.get(tenant, workspace);
      if (entry === undefined) return undefined;
      const { provider } = entry;
      const { ClientCredentials, AccessToken } = modelsOf(provider);
      const found = (await ClientCredentials.find(token)) ?? (await AccessToken.find(token));
      if (found === undefined || found.jkt !== undefined || found['x5t#S256'] !== undefined) return undefined;
      const audience = audienceOf(provider.issuer);
      if (![found.aud].flat().includes(audience)) return undefined;
      if (!isActive(await clientOf(provider, found.clientId))) return undefined;
      // A person's token is worth no more than what they granted: taken back, it is gone.
      if (found.grantId !== undefined && (await provider.Grant.find(found.grantId)) === undefined) return undefined;
      return {
        tenantId: tenant,
        workspaceId: workspace,
        clientId: clientId(found.clientId),
        ...(found.accountId === undefined ? {} : { subject: found.accountId }),
        ...(found.grantId === undefined ? {} : { grantId: found.grantId }),
        scopes: (found.scope ?? '').split(' ').filter((scope) => scope !== ''),
      };
    },

    async grantStands({ grantId, clientId: client }, tenant, workspace) {
      const provider = (await registry.get(tenant, workspace))?.provider;
      if (provider === undefined || !isActive(await clientOf(provider, client))) return false;
      return (await provider.Grant.find(grantId))?.clientId === client;
    },
  };
}

async function clientOf(provider: Provider, id: string) {
  return provider.Client.find(id).catch((error: unknown) => {
    // Settings that were narrowed since leave a client that the engine no longer takes.
    if (error instanceof errors.InvalidClientMetadata) return undefined;
    throw error;
  });
}

/** The tenant that a structured token says it is of: where to look, never what to believe. */
export function claimedTenant(token: string): TenantId | undefined {
  try {
    const { tid } = decodeJwt(token);
    return typeof tid === 'string' ? tenantId(tid) : undefined;
  } catch {
    return undefined;
  }
}
