/** Consent pages of workspaces in an exported configuration; their clients are among those of the workspace `system`. */
import { z } from 'zod';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { clientId, workspaceId } from '../kernel/ids.ts';
import { insertPageClient, pageClientNeed, replacePageClient, type PageClientStores } from './page-client.ts';
import { checkPageUrl } from './page.ts';
import { consentUrlIn, serverConsentBody } from './server-consent.body.ts';
import { pageNameOf } from './server-consent.service.ts';
import type { ServerConsent, ServerConsentStore } from './server-consent.ts';

export interface ServerConsentSectionStores extends PageClientStores {
  readonly serverConsents: ServerConsentStore;
}

const body = serverConsentBody.extend({
  server_id: z.string().min(1).max(64),
  /** One is made where none is named. */
  client_id: z.string().max(64).default(''),
});
type ServerConsentItem = z.infer<typeof body>;

function toItem({ workspaceId: place, url, clientId: client }: ServerConsent): ServerConsentItem {
  return { type: 'custom', server_id: place, custom: { server_consent_url: url }, client_id: client };
}

export function serverConsentSection({ clock }: { readonly clock: Clock }): Section<ServerConsentSectionStores> {
  return section({
    member: 'server_consents',
    body,
    holds: ['place'],
    placeMember: 'server_id',
    nameOf: ({ server_id: place }) => place,
    placeOf: ({ server_id: place }) => place,
    async *list({ serverConsents }, tenant, place) {
      const found = place === undefined ? undefined : await serverConsents.find(tenant, workspaceId(place));
      if (found !== undefined) yield toItem(found);
    },
    async find({ serverConsents }, tenant, { server_id: place, type }) {
      const found = await serverConsents.find(tenant, workspaceId(place));
      if (found !== undefined) return toItem(found);
      // Our own page is what a workspace has without any.
      return type === 'oidc' ? { type, server_id: place, client_id: '' } : undefined;
    },
    needs: ({ type, client_id: id }) => (type === 'custom' ? pageClientNeed('custom-consent', id) : []),
    faults: (item) =>
      Promise.resolve(
        faultsFrom(() => {
          const url = consentUrlIn(item);
          if (url !== undefined) checkPageUrl(url, '/custom/server_consent_url');
        }),
      ),
    complete(item, stored) {
      const url = consentUrlIn(item);
      const { server_id } = item;
      if (url === undefined) return Promise.resolve({ type: 'oidc' as const, server_id, client_id: '' });
      const client = item.client_id === '' ? (stored?.client_id ?? '') : item.client_id;
      return Promise.resolve({ type: item.type, server_id, custom: { server_consent_url: url }, client_id: client });
    },
    async write(stores, tenant, item, stored) {
      const place = workspaceId(item.server_id);
      const url = consentUrlIn(item);
      if (url === undefined) {
        await replacePageClient(stores, tenant, stored?.client_id ?? '', '');
        await stores.serverConsents.remove(tenant, place);
        return;
      }
      const page = { kind: 'custom-consent', name: pageNameOf(place), now: clock.now() } as const;
      const client =
        item.client_id === '' ? (await insertPageClient(stores, tenant, page)).id : clientId(item.client_id);
      const consent = { tenantId: tenant, workspaceId: place, url, clientId: client };
      await (stored === undefined
        ? stores.serverConsents.insert(consent)
        : stores.serverConsents.update(consent, clientId(stored.client_id)));
      await replacePageClient(stores, tenant, stored?.client_id ?? '', client);
    },
  });
}
