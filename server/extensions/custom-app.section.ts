/** Custom applications in an exported configuration; their clients are among the clients of the workspace `system`. */
import { z } from 'zod';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { checkGivenId, clientId, customAppId, newId, workspaceId, type TenantId } from '../kernel/ids.ts';
import { mostCustomApps, customAppType, type CustomApp, type CustomAppStore } from './custom-app.ts';
import { insertPageClient, pageClientNeed, replacePageClient, type PageClientStores } from './page-client.ts';
import { checkPageUrl } from './page.ts';

export interface CustomAppSectionStores extends PageClientStores {
  readonly customApps: Pick<CustomAppStore, 'list' | 'find' | 'insert' | 'update'>;
}

const body = z.object({
  server_id: z.string().min(1).max(64),
  id: z.string().max(64).default(''),
  name: z.string().trim().max(255).default(''),
  type: z.literal(['', customAppType]).default(customAppType),
  url: z.string().min(1).max(2048),
  /** One is made where none is named. */
  client_id: z.string().max(64).default(''),
});
type CustomAppItem = z.infer<typeof body>;

const toItem = (app: CustomApp): CustomAppItem => ({
  server_id: app.workspaceId,
  id: app.id,
  name: app.name,
  type: customAppType,
  url: app.url,
  client_id: app.clientId,
});

function toCustomApp(tenant: TenantId, item: CustomAppItem, client: string): CustomApp {
  return {
    tenantId: tenant,
    workspaceId: workspaceId(item.server_id),
    id: customAppId(item.id),
    name: item.name,
    url: item.url,
    clientId: clientId(client),
  };
}

export function customAppSection({ clock }: { readonly clock: Clock }): Section<CustomAppSectionStores> {
  return section({
    member: 'custom_apps',
    body,
    holds: ['place'],
    most: mostCustomApps,
    placeMember: 'server_id',
    nameOf: ({ server_id: place, id, name }) => `${place} ${id === '' ? name : id}`,
    placeOf: ({ server_id: place }) => place,
    async *list({ customApps }, tenant, place) {
      if (place === undefined) return;
      for (const app of await customApps.list(tenant, workspaceId(place))) yield toItem(app);
    },
    async find({ customApps }, tenant, { server_id: place, id }) {
      const found = id === '' ? undefined : await customApps.find(tenant, workspaceId(place), customAppId(id));
      return found === undefined ? undefined : toItem(found);
    },
    needs: ({ client_id: id }) => pageClientNeed('custom-app', id),
    faults: ({ id, url }) =>
      Promise.resolve([
        ...faultsFrom(() => {
          if (id !== '') checkGivenId(id);
        }),
        ...faultsFrom(() => {
          checkPageUrl(url, '/url');
        }),
      ]),
    complete(item, stored) {
      const id = item.id === '' ? newId() : item.id;
      const client = item.client_id === '' ? (stored?.client_id ?? '') : item.client_id;
      const name = item.name === '' ? id : item.name;
      return Promise.resolve({ ...item, id, name, type: customAppType, client_id: client });
    },
    async write(stores, tenant, item, stored) {
      const client =
        item.client_id === ''
          ? (await insertPageClient(stores, tenant, { kind: 'custom-app', name: item.name, now: clock.now() })).id
          : item.client_id;
      const app = toCustomApp(tenant, item, client);
      await (stored === undefined ? stores.customApps.insert(app) : stores.customApps.update(app));
      await replacePageClient(stores, tenant, stored?.client_id ?? '', client);
    },
  });
}
