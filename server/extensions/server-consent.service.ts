/** Giving a workspace a consent page of its own, with the client that is the page's alone, and taking it back. */
import type { Client } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { insertPageClient, removePageClient, systemWorkspace, type PageClientStores } from './page-client.ts';
import { checkPageUrl } from './page.ts';
import type { ServerConsent, ServerConsentStore } from './server-consent.ts';

export interface ServerConsentServiceStores extends PageClientStores {
  readonly serverConsents: ServerConsentStore;
  readonly workspaces: Pick<WorkspaceStore, 'findHeld'>;
}

export interface ServerConsentWithClient {
  readonly consent: ServerConsent;
  /** With its secret in clear. Undefined where somebody removed it: nobody answers for the page then. */
  readonly client: Client | undefined;
}

export interface ServerConsentPlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: ServerConsentWithClient | undefined) => void;
}

export interface ServerConsentService {
  /**
   * Sends people to this page from now on. A page that was there before keeps its client.
   * @throws PlatformError `not_found`, `unprocessable_entity`, `conflict` where somebody else does the same just now
   */
  set(place: ServerConsentPlace, url: string): Promise<ServerConsentWithClient>;
  /** Has people decide on our own page again, and removes the client of the other. @throws PlatformError `not_found` */
  remove(place: ServerConsentPlace): Promise<void>;
}

export function createServerConsentService(deps: {
  readonly unitOfWork: UnitOfWork<ServerConsentServiceStores>;
  readonly clock: Clock;
}): ServerConsentService {
  const { unitOfWork, clock } = deps;

  /** Of a workspace that stays until the transaction ends. */
  const held = async (stores: ServerConsentServiceStores, { tenantId, workspaceId, check }: ServerConsentPlace) => {
    const workspace = await stores.workspaces.findHeld(tenantId, workspaceId);
    if (workspace === undefined) throw new PlatformError('not_found', 'There is no such workspace.');
    const before = await serverConsentOf(stores, tenantId, workspaceId);
    check?.(before);
    return { workspace, before };
  };

  return {
    async set(place, url) {
      const { tenantId, workspaceId } = place;
      checkPageUrl(url, '/custom/server_consent_url');
      return unitOfWork.run(async (stores) => {
        const { workspace, before } = await held(stores, place);
        const page = { kind: 'custom-consent', name: pageNameOf(workspace.name), now: clock.now() } as const;
        const client = before?.client ?? (await insertPageClient(stores, tenantId, page));
        const consent: ServerConsent = { tenantId, workspaceId, url, clientId: client.id };
        await (before === undefined
          ? stores.serverConsents.insert(consent)
          : stores.serverConsents.update(consent, before.consent.clientId));
        await tellOfConsent(stores.outbox, consent, before === undefined ? 'created' : 'updated');
        return { consent, client };
      });
    },

    remove: (place) =>
      unitOfWork.run(async (stores) => {
        const { before } = await held(stores, place);
        if (before === undefined) return;
        const { consent } = before;
        await removePageClient(stores, consent.tenantId, consent.clientId);
        await stores.serverConsents.remove(consent.tenantId, consent.workspaceId);
        await tellOfConsent(stores.outbox, consent, 'deleted');
      }),
  };
}

/** What operators read of the page's client. */
export const pageNameOf = (workspace: string): string => `Consent page of ${workspace}`.slice(0, 255);

/** The page of a workspace with its client as it is now. */
export async function serverConsentOf(
  {
    serverConsents,
    clients,
  }: {
    readonly serverConsents: Pick<ServerConsentStore, 'find'>;
    readonly clients: Pick<PageClientStores['clients'], 'find'>;
  },
  tenant: TenantId,
  workspace: WorkspaceId,
): Promise<ServerConsentWithClient | undefined> {
  const consent = await serverConsents.find(tenant, workspace);
  return consent && { consent, client: await clients.find(tenant, systemWorkspace, consent.clientId) };
}

/** That people decide elsewhere from now on, as an event of the workspace. */
async function tellOfConsent(
  outbox: Outbox,
  { tenantId, workspaceId, clientId }: ServerConsent,
  what: 'created' | 'updated' | 'deleted',
): Promise<void> {
  await outbox.append({
    tenantId,
    workspaceId,
    subject: 'server',
    action: 'updated',
    metadata: { client_id: clientId },
    payload: { server_updated: { id: workspaceId, server_consent: { what } } },
  });
}
