/** Lets plugins add to a successful token response; what the engine issued stays as it is. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Client } from '../clients/client.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import { tokenResponseSchema, type TokenResponse } from '../extension-points/token-response.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId } from '../kernel/ids.ts';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { textOf } from './json.ts';

export interface TokenResponseDeps {
  readonly extensions: Pick<ExtensionRegistry, 'isFilled' | 'tokenResponse'>;
  readonly workspace: Workspace;
  readonly clients: {
    find(tenant: TenantId, workspace: WorkspaceId, id: ClientId): Promise<Client | undefined>;
  };
  /** Hears of what is answered with `server_error`. */
  readonly onFailure: (error: unknown) => void;
}

/** @returns koa middleware for `provider.use`, or undefined where no plugin has anything to add */
export function createTokenResponses(deps: TokenResponseDeps) {
  if (!deps.extensions.isFilled('tokenResponse', deps.workspace.settings)) return undefined;
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    if (!('oidc' in ctx) || ctx.oidc.route !== 'token' || ctx.status !== 200) return;
    try {
      ctx.body = await transformed(ctx, deps);
    } catch (error) {
      // Outside of the engine's own handling of errors. Nobody gets to see the tokens.
      deps.onFailure(error);
      ctx.status = 500;
      ctx.body = { error: 'server_error', error_description: 'the answer could not be made' };
    }
  };
}

async function transformed(
  { body, oidc }: KoaContextWithOIDC,
  { extensions, workspace, clients }: TokenResponseDeps,
): Promise<unknown> {
  const response: TokenResponse = tokenResponseSchema.parse(body);
  const { client: caller, params, entities } = oidc;
  const client = caller && (await clients.find(workspace.tenantId, workspace.id, clientId(caller.clientId)));
  if (client === undefined) throw new PlatformError('internal', 'the client of this answer is gone');
  const result = extensions.tokenResponse(response, {
    workspace,
    client,
    grantType: textOf(params?.['grant_type']) ?? '',
    grantedScopes: response.scope?.split(' ') ?? [],
    grantId: entities.Grant?.jti,
    subject: entities.Account?.accountId,
  });
  // Plugins may be plain JavaScript: what is no JSON fails here, where it is still told as an error.
  return JSON.parse(JSON.stringify(result));
}
