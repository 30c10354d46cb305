/** The client by which people sign in to an application of ours: its workspace has it once somebody asks. */
import { checkedMetadata } from '../clients/client-metadata.ts';
import { newSecret, type Client, type ClientMetadata, type ClientStore } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import type { ClientId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Workspace, WorkspaceSettings } from '../workspaces/workspace.ts';
import { defaultLocale } from '../themes/locale.ts';
import { redirectUriOf } from './application.ts';

/** What tells our applications apart. */
export interface OwnApplication {
  /** Of its client: unique in the tenant. */
  readonly idIn: (workspace: Workspace) => ClientId;
  /** The text that its login calls it by. */
  readonly title: string;
  /** What it asks for. */
  readonly scope: string;
}

export interface OwnClients {
  /**
   * Makes the client where it is missing, and keeps true how it signs people in where the deployment moved or the
   * workspace allows something else, and what it is called in other languages until somebody renames it. Who wants no sign-in here makes it inactive.
   * @param startUri where the application begins
   * @throws PlatformError `unprocessable_entity` where the workspace allows no way of signing in that ours know
   */
  of(workspace: Workspace, startUri: string): Promise<Client>;
}

export interface OwnClientStores {
  readonly clients: Pick<ClientStore, 'find' | 'insert' | 'update'>;
}

/** The best of those that we know: one with a secret first. */
const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const;

function kept(settings: WorkspaceSettings, startUri: string) {
  const method = methods.find((one) => settings.token_endpoint_auth_methods.includes(one));
  if (method === undefined)
    throw new PlatformError('unprocessable_entity', `One of ${methods.join(', ')} must be allowed in the workspace.`);
  return {
    redirect_uris: [redirectUriOf(startUri)],
    post_logout_redirect_uris: [startUri],
    token_endpoint_auth_method: method,
    // Nobody else asks in its name, and a workspace that wants this of all takes nothing from it (RFC 9126 §6).
    require_pushed_authorization_requests: true,
  } as const satisfies ClientMetadata;
}

/** RFC 7591 §2.2: the name without a tag is the one in our first language. */
const namesOf = (words: ReadonlyMap<string, string>): ClientMetadata =>
  Object.fromEntries(
    [...words].map(([locale, name]) => [locale === defaultLocale ? 'client_name' : `client_name#${locale}`, name]),
  );

/** None where somebody called it otherwise: no language has our name then. */
const stillOurs = (names: ClientMetadata, { metadata }: Client): ClientMetadata =>
  metadata.client_name === names.client_name ? names : {};

const holds = (metadata: ClientMetadata, names: ClientMetadata): boolean =>
  Object.entries(names).every(([member, name]) => metadata[member] === name);

function isKept(client: Client, wanted: ReturnType<typeof kept>): boolean {
  const { metadata, secret } = client;
  return (
    metadata.redirect_uris?.join() === wanted.redirect_uris.join() &&
    metadata.post_logout_redirect_uris?.join() === wanted.post_logout_redirect_uris.join() &&
    metadata.token_endpoint_auth_method === wanted.token_endpoint_auth_method &&
    metadata['require_pushed_authorization_requests'] === true &&
    (secret === undefined) === (wanted.token_endpoint_auth_method === 'none')
  );
}

const secretFor = ({ token_endpoint_auth_method: method }: ReturnType<typeof kept>, before?: string) =>
  method === 'none' ? undefined : (before ?? newSecret());

export function createOwnClients(
  application: OwnApplication,
  deps: {
    readonly clients: Pick<ClientStore, 'find'>;
    readonly unitOfWork: UnitOfWork<OwnClientStores>;
    readonly clock: Clock;
    /** Its title, by language. */
    readonly words: ReadonlyMap<string, string>;
  },
): OwnClients {
  const names = namesOf(deps.words);

  function made({ tenantId, id, settings }: Workspace, of: ReturnType<typeof kept>, client: ClientId): Client {
    const now = deps.clock.now();
    const metadata = {
      ...names,
      ...of,
      grant_types: ['authorization_code'],
      response_types: ['code'],
      scope: application.scope,
    };
    return {
      tenantId,
      workspaceId: id,
      id: client,
      status: 'active',
      trusted: true,
      metadata: checkedMetadata(metadata, settings),
      secret: secretFor(of),
      rotatedSecrets: [],
      createdAt: now,
      updatedAt: now,
    };
  }

  return {
    async of(workspace, startUri) {
      const { tenantId, id, settings } = workspace;
      const client = application.idIn(workspace);
      const wanted = kept(settings, startUri);
      const known = await deps.clients.find(tenantId, id, client);
      if (known !== undefined && isKept(known, wanted) && holds(known.metadata, stillOurs(names, known))) return known;
      const fresh = made(workspace, wanted, client);
      try {
        return await deps.unitOfWork.run(async ({ clients }) => {
          const stored = await clients.find(tenantId, id, client);
          if (stored === undefined) {
            await clients.insert(fresh);
            return fresh;
          }
          const metadata = { ...stored.metadata, ...stillOurs(names, stored), ...wanted };
          const moved = { ...stored, metadata, secret: secretFor(wanted, stored.secret), updatedAt: fresh.updatedAt };
          await clients.update(moved);
          return moved;
        });
      } catch (error) {
        if (!isPlatformError(error, 'conflict')) throw error;
        // Another request was faster by a moment.
        const theirs = await deps.clients.find(tenantId, id, client);
        if (theirs === undefined) throw error;
        return theirs;
      }
    },
  };
}
