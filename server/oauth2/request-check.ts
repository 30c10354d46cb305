/** The plugins' say in an authorization request: asked after the engine found it valid, at its own endpoint and at PAR. */
import { errors } from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Client } from '../clients/client.ts';
import { deepFreeze } from '../kernel/deep-freeze.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import { clientId } from '../kernel/ids.ts';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { interactionFailure } from './grant.ts';

export interface RequestCheckDeps {
  readonly extensions: Pick<ExtensionRegistry, 'isFilled' | 'authorizationRequest'>;
  readonly workspace: Workspace;
  readonly clients: {
    find(tenant: TenantId, workspace: WorkspaceId, id: ClientId): Promise<Client | undefined>;
  };
}

/** @throws errors.OIDCProviderError when a plugin denies, which the engine takes to the client */
export type RequestCheck = (ctx: KoaContextWithOIDC) => Promise<void>;

/** The envelope of a request, gone once it was opened. */
const envelope: ReadonlySet<string> = new Set(['request', 'request_uri']);

function paramsOf({ oidc }: KoaContextWithOIDC): Readonly<Record<string, unknown>> {
  const given = Object.entries(oidc.params ?? {});
  return structuredClone(
    Object.fromEntries(given.filter(([name, value]) => value !== undefined && !envelope.has(name))),
  );
}

function refusal(error: string, description: string, cause: unknown): errors.OIDCProviderError {
  const told = interactionFailure(error, description);
  const code = told.error === '' ? 'access_denied' : told.error;
  const refused = new errors.CustomOIDCProviderError(code, told.error_description, { cause });
  // RFC 6749 §4.1.2.1 has this code because a redirect has no status; PAR's answer has one.
  if (code === 'server_error') refused.status = refused.statusCode = 500;
  return refused;
}

/** @returns undefined where no plugin has a say: requests are not held up then */
export function createRequestCheck({ extensions, workspace, clients }: RequestCheckDeps): RequestCheck | undefined {
  if (!extensions.isFilled('authorizationRequest', workspace.settings)) return undefined;
  return async (ctx) => {
    const id = ctx.oidc.client?.clientId;
    const client = id === undefined ? undefined : await clients.find(workspace.tenantId, workspace.id, clientId(id));
    if (client === undefined) throw new errors.UnauthorizedClient('client is gone');
    const decision = await extensions.authorizationRequest({ workspace, client, params: deepFreeze(paramsOf(ctx)) });
    if (decision.kind === 'allow') return;
    const { error, description, owner, cause } = decision;
    throw refusal(error, description, cause === undefined ? undefined : new Error(`plugin "${owner}"`, { cause }));
  };
}
