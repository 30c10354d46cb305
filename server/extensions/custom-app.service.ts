/** Making, changing and removing custom applications, each with the client that is its alone. */
import type { Client } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { checkGivenId, customAppId, newId, type CustomAppId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { mostCustomApps, type CustomApp, type CustomAppStore } from './custom-app.ts';
import {
  insertPageClient,
  removePageClient,
  renamePageClient,
  systemWorkspace,
  type PageClientStores,
} from './page-client.ts';
import { checkPageUrl } from './page.ts';

export interface CustomAppServiceStores extends PageClientStores {
  readonly customApps: CustomAppStore;
}

export interface CustomAppWords {
  readonly name: string;
  readonly url: string;
}

export interface CustomAppPlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: CustomAppId;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: CustomAppWithClient) => void;
}

export interface CustomAppWithClient {
  readonly app: CustomApp;
  /** With its secret in clear. Undefined where somebody removed it: nobody answers a login for the application then. */
  readonly client: Client | undefined;
}

export interface CustomAppService {
  /** @param id random where it is empty. @throws PlatformError `unprocessable_entity`, `conflict` */
  create(tenant: TenantId, workspace: WorkspaceId, id: string, words: CustomAppWords): Promise<CustomAppWithClient>;
  /** @throws PlatformError `not_found`, `unprocessable_entity` */
  update(place: CustomAppPlace, words: CustomAppWords): Promise<CustomAppWithClient>;
  /** Removes it with its client. @throws PlatformError `not_found`, `conflict` while an idp sends people to it */
  remove(place: CustomAppPlace): Promise<void>;
}

export function createCustomAppService(deps: {
  readonly unitOfWork: UnitOfWork<CustomAppServiceStores>;
  readonly clock: Clock;
}): CustomAppService {
  const { unitOfWork, clock } = deps;

  const get = async (stores: CustomAppServiceStores, place: CustomAppPlace): Promise<CustomAppWithClient> => {
    const app = await stores.customApps.findHeld(place.tenantId, place.workspaceId, place.id);
    if (app === undefined) throw new PlatformError('not_found', 'There is no such custom application.');
    const found = await withClient(stores, app);
    place.check?.(found);
    return found;
  };

  return {
    async create(tenantId, workspaceId, wanted, { name, url }) {
      const id = wanted === '' ? newId() : wanted;
      checkGivenId(id);
      checkPageUrl(url, '/url');
      return unitOfWork.run(async (stores) => {
        const { length } = await stores.customApps.list(tenantId, workspaceId);
        if (length >= mostCustomApps)
          throw unprocessable('', `A workspace has at most ${String(mostCustomApps)} custom applications.`);
        const client = await insertPageClient(stores, tenantId, { kind: 'custom-app', name, now: clock.now() });
        const app: CustomApp = { tenantId, workspaceId, id: customAppId(id), name, url, clientId: client.id };
        await stores.customApps.insert(app);
        await tellOfCustomApp(stores.outbox, app, 'created');
        return { app, client };
      });
    },

    async update(place, { name, url }) {
      checkPageUrl(url, '/url');
      return unitOfWork.run(async (stores) => {
        const before = await get(stores, place);
        const app: CustomApp = { ...before.app, name, url };
        await stores.customApps.update(app);
        const client = await renamePageClient(stores, app.tenantId, app.clientId, { name, now: clock.now() });
        await tellOfCustomApp(stores.outbox, app, 'updated');
        return { app, client };
      });
    },

    remove: (place) =>
      unitOfWork.run(async (stores) => {
        const { app } = await get(stores, place);
        const { tenantId, workspaceId, id } = app;
        const [bound] = await stores.customApps.boundTo(tenantId, workspaceId, id);
        // Logins would go on without what it was there for, and nobody would have said so.
        if (bound !== undefined)
          throw new PlatformError(
            'conflict',
            `The idp ${bound} sends its people to this application: unbind it first.`,
          );
        await removePageClient(stores, tenantId, app.clientId);
        await stores.customApps.remove(tenantId, workspaceId, id);
        await tellOfCustomApp(stores.outbox, app, 'deleted');
      }),
  };
}

/** The application with its client as it is now. */
export async function withClient(
  { clients }: { readonly clients: Pick<PageClientStores['clients'], 'find'> },
  app: CustomApp,
): Promise<CustomAppWithClient> {
  return { app, client: await clients.find(app.tenantId, systemWorkspace, app.clientId) };
}

/** That logins of the workspace take another way from now on, as an event of the workspace. */
async function tellOfCustomApp(
  outbox: Outbox,
  { tenantId, workspaceId, id, clientId }: CustomApp,
  what: 'created' | 'updated' | 'deleted',
): Promise<void> {
  await outbox.append({
    tenantId,
    workspaceId,
    subject: 'server',
    action: 'updated',
    metadata: { client_id: clientId },
    payload: { server_updated: { id: workspaceId, custom_app: { id, what } } },
  });
}
