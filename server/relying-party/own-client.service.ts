/** The client by which administrators sign in to their tenant: every workspace `admin` has it once somebody asks. */
import { checkedMetadata } from '../clients/client-metadata.ts';
import { newSecret, type Client, type ClientMetadata, type ClientStore } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { isPlatformError } from '../kernel/errors.ts';
import { clientId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { redirectUriOf } from '../relying-party/application.ts';
import type { Workspace } from '../workspaces/workspace.ts';

export const consoleClientId = clientId('console');

export interface ConsoleClients {
  /**
   * Makes the client where it is missing, and keeps its addresses true where the deployment moved. Who wants no sign-in
   * here makes it inactive.
   * @param workspace a tenant's `admin`. @param startUri where the console begins
   */
  of(workspace: Workspace, startUri: string): Promise<Client>;
}

export interface ConsoleClientStores {
  readonly clients: Pick<ClientStore, 'find' | 'insert' | 'update'>;
}

function addresses(startUri: string): Pick<ClientMetadata, 'redirect_uris' | 'post_logout_redirect_uris'> {
  return { redirect_uris: [redirectUriOf(startUri)], post_logout_redirect_uris: [startUri] };
}

function newClient({ tenantId, id, settings }: Workspace, startUri: string, now: number): Client {
  const metadata = checkedMetadata(
    {
      client_name: 'Administration',
      ...addresses(startUri),
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'openid profile email',
    },
    settings,
  );
  return {
    tenantId,
    workspaceId: id,
    id: consoleClientId,
    status: 'active',
    trusted: true,
    metadata,
    secret: newSecret(),
    rotatedSecrets: [],
    createdAt: now,
    updatedAt: now,
  };
}

export function createConsoleClients(deps: {
  readonly clients: Pick<ClientStore, 'find'>;
  readonly unitOfWork: UnitOfWork<ConsoleClientStores>;
  readonly clock: Clock;
}): ConsoleClients {
  const isAt = (client: Client, startUri: string): boolean =>
    client.metadata.redirect_uris?.join() === redirectUriOf(startUri) &&
    client.metadata.post_logout_redirect_uris?.join() === startUri;

  return {
    async of(workspace, startUri) {
      const { tenantId, id } = workspace;
      const known = await deps.clients.find(tenantId, id, consoleClientId);
      if (known !== undefined && isAt(known, startUri)) return known;
      const now = deps.clock.now();
      const made = newClient(workspace, startUri, now);
      try {
        return await deps.unitOfWork.run(async ({ clients }) => {
          const stored = await clients.find(tenantId, id, consoleClientId);
          if (stored === undefined) {
            await clients.insert(made);
            return made;
          }
          const moved = { ...stored, metadata: { ...stored.metadata, ...addresses(startUri) }, updatedAt: now };
          await clients.update(moved);
          return moved;
        });
      } catch (error) {
        if (!isPlatformError(error, 'conflict')) throw error;
        // Another request was faster by a moment.
        const theirs = await deps.clients.find(tenantId, id, consoleClientId);
        if (theirs === undefined) throw error;
        return theirs;
      }
    },
  };
}
