/** The client of a page that is an integrator's: of the workspace `system`, made, renamed and removed with the page. */
import { z } from 'zod';
import type { Client, ClientStore } from '../clients/client.ts';
import type { ClientServiceStores } from '../clients/client.service.ts';
import type { Need } from '../configuration/section.ts';
import type { Outbox } from '../kernel/events.ts';
import { clientId, workspaceId, type ClientId, type TenantId } from '../kernel/ids.ts';
import { machineClient } from '../tenants/new-tenant.service.ts';
import type { PageKind } from './page.ts';

/** What each kind of page may do: read and answer the logins that are with it. */
export const pageScopes = {
  'custom-app': 'manage_post_authn',
  'custom-login': 'manage_logins',
  'custom-consent': 'manage_scope_grants',
} as const satisfies Readonly<Record<PageKind, string>>;

export interface PageClientStores {
  readonly clients: Pick<ClientStore, 'find' | 'insert' | 'update' | 'remove'>;
  readonly roles: ClientServiceStores['roles'];
  readonly artifacts: ClientServiceStores['artifacts'];
  readonly outbox: Outbox;
}

/** The workspace that issues tokens to programs. */
export const systemWorkspace = workspaceId('system');

/** In the transaction that makes the page. @throws PlatformError `not_found` where the tenant has no workspace `system` */
export async function insertPageClient(
  { clients, outbox }: Pick<PageClientStores, 'clients' | 'outbox'>,
  tenant: TenantId,
  { kind, name, now }: { readonly kind: PageKind; readonly name: string; readonly now: number },
): Promise<Client> {
  const client = machineClient({ id: tenant, createdAt: now }, 'system', name, [{ name: pageScopes[kind] }]);
  await clients.insert(client);
  await tell(outbox, client, 'created', { client_name: name });
  return client;
}

/** What people and operators read is the page's name. */
export async function renamePageClient(
  { clients, outbox }: Pick<PageClientStores, 'clients' | 'outbox'>,
  tenant: TenantId,
  id: ClientId,
  { name, now }: { readonly name: string; readonly now: number },
): Promise<Client | undefined> {
  const client = await clients.find(tenant, systemWorkspace, id);
  if (client === undefined || client.metadata.client_name === name) return client;
  const renamed = { ...client, metadata: { ...client.metadata, client_name: name }, updatedAt: now };
  await clients.update(renamed);
  await tell(outbox, renamed, 'updated', { status: renamed.status });
  return renamed;
}

/** With all that it was given: a token of a page that is gone answers no login. */
export async function removePageClient(stores: PageClientStores, tenant: TenantId, id: ClientId): Promise<void> {
  const client = await stores.clients.find(tenant, systemWorkspace, id);
  if (client === undefined) return;
  await stores.artifacts.destroyByClient(tenant, systemWorkspace, id);
  await stores.roles.removeSubject(tenant, { type: 'client', clientId: id });
  await stores.clients.remove(tenant, systemWorkspace, id);
  await tell(stores.outbox, client, 'deleted', {});
}

/** Takes away the client that a page had before, where it has another one now, or is gone. Empty where there is none. */
export async function replacePageClient(
  stores: PageClientStores,
  tenant: TenantId,
  before: string,
  now: string,
): Promise<void> {
  if (before !== '' && before !== now) await removePageClient(stores, tenant, clientId(before));
}

/** By either of the published names, of which the list wins. */
const registered = z.object({ scope: z.string().default(''), scopes: z.array(z.string()).default([]) });

/** The client that an imported page names; what may not do what the page is there for is none of it. */
export function pageClientNeed(kind: PageKind, id: string): readonly Need[] {
  if (id === '') return [];
  const scope = pageScopes[kind];
  const faultOf = (found: unknown): string | undefined => {
    const { scope: held = '', scopes = [] } = registered.safeParse(found).data ?? {};
    return (scopes.length > 0 ? scopes : held.split(' ')).includes(scope)
      ? undefined
      : `is no client with the scope ${scope}`;
  };
  const item = { client_id: id, authorization_server_id: systemWorkspace };
  return [{ member: 'clients', item, pointer: '/client_id', faultOf }];
}

async function tell(
  outbox: Outbox,
  { tenantId, workspaceId: workspace, id }: Client,
  action: 'created' | 'updated' | 'deleted',
  more: Readonly<Record<string, unknown>>,
): Promise<void> {
  const payload = { [`client_${action}`]: { client_id: id, ...more } };
  await outbox.append({
    tenantId,
    workspaceId: workspace,
    subject: 'client',
    action,
    metadata: { client_id: id },
    payload,
  });
}
