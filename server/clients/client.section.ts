/** Clients in an exported configuration, with their secrets. */
import { z } from 'zod';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { allOf } from '../kernel/all-pages.ts';
import { PlatformError } from '../kernel/errors.ts';
import { checkGivenId, clientId, workspaceId, type TenantId } from '../kernel/ids.ts';
import { grantTypes, responseTypes, tokenEndpointAuthMethods, type WorkspaceStore } from '../workspaces/workspace.ts';
import { checkedMetadata } from './client-metadata.ts';
import { needsSecret, secretFor } from './client-secret.ts';
import { metadataIn, newClientBody } from './client.body.ts';
import { isTaggedName, newSecret, type Client, type ClientMetadata, type ClientStore } from './client.ts';
import { typesLeftOut } from './response-types.ts';

export interface ClientSectionStores {
  readonly clients: Pick<ClientStore, 'findInTenant' | 'list' | 'insert' | 'update'>;
  readonly workspaces: Pick<WorkspaceStore, 'findHeld'>;
}

const time = z.iso.datetime({ offset: true });
const secret = z.string().min(1).max(4096);

const body = newClientBody.extend({
  client_id: z.string().min(1),
  client_secret: secret.optional(),
  rotated_secrets: z.array(secret).max(2).optional(),
  /** Until when each of the rotated secrets is accepted; until it is revoked where it is left out. */
  rotated_secrets_until: z.array(time).max(2).optional(),
  created_at: time.optional(),
  updated_at: time.optional(),
});
type ClientItem = z.infer<typeof body>;
/** Made once: a schema costs more than what it reads. */
const storedMetadata = body.partial();

/** Milliseconds since the epoch: of a secret that is accepted until it is revoked. The last time that JSON's dates can say. */
const never = Date.parse('9999-12-31T23:59:59.999Z');
const isoOf = (ms: number): string => new Date(Math.min(ms, never)).toISOString();

/** What a workspace can offer at all: a client that was left without some of it can be taken elsewhere as it is. */
const everything = {
  grant_types: [...grantTypes],
  response_types: [...responseTypes],
  token_endpoint_auth_methods: [...tokenEndpointAuthMethods],
};

/** Metadata without what is not given, and with the defaults of RFC 7591 §2, which no workspace changes. */
function withDefaults(given: Parameters<typeof metadataIn>[0]): ClientMetadata {
  const metadata = metadataIn(given);
  const { grant_types: grants = ['authorization_code'] } = metadata;
  return {
    ...metadata,
    grant_types: grants,
    response_types: metadata.response_types ?? (grants.includes('authorization_code') ? ['code'] : []),
    token_endpoint_auth_method: metadata.token_endpoint_auth_method ?? 'client_secret_basic',
  };
}

function toItem({ workspaceId: workspace, id, status, trusted, ...client }: Client): ClientItem {
  const { metadata, secret: current, rotatedSecrets, createdAt, updatedAt } = client;
  return body.parse({
    ...withDefaults(storedMetadata.parse(metadata)),
    authorization_server_id: workspace,
    client_id: id,
    client_status: status,
    trusted,
    ...(current === undefined ? {} : { client_secret: current }),
    ...(rotatedSecrets.length === 0
      ? {}
      : {
          rotated_secrets: rotatedSecrets.map((one) => one.secret),
          rotated_secrets_until: rotatedSecrets.map(({ until }) => isoOf(until)),
        }),
    created_at: isoOf(createdAt),
    updated_at: isoOf(updatedAt),
  });
}

const typed = z.object({
  response_types: z.array(z.string()),
  grant_types: z.array(z.string()).default(['authorization_code']),
});

/** What was left out of an item stays as it is stored, or begins as it would for a new client. */
function toClient(tenant: TenantId, item: ClientItem, now: number): Client {
  const metadata = withDefaults(item);
  const { rotated_secrets: rotated = [], rotated_secrets_until: until = [] } = item;
  return {
    tenantId: tenant,
    workspaceId: workspaceId(item.authorization_server_id),
    id: clientId(item.client_id),
    status: item.client_status ?? 'active',
    trusted: item.trusted ?? false,
    metadata,
    secret: item.client_secret,
    rotatedSecrets: rotated.map((text, index) => {
      const end = Date.parse(until[index] ?? isoOf(never));
      return { secret: text, until: end >= never ? Number.MAX_SAFE_INTEGER : end };
    }),
    createdAt: item.created_at === undefined ? now : Date.parse(item.created_at),
    updatedAt: item.updated_at === undefined ? now : Date.parse(item.updated_at),
  };
}

export function clientSection({ clock }: { readonly clock: Clock }): Section<ClientSectionStores> {
  return section({
    member: 'clients',
    body,
    holds: ['place'],
    placeMember: 'authorization_server_id',
    keeps: isTaggedName,
    valuesLeftOut(item) {
      const { response_types: types, ...metadata } = typed.safeParse(item).data ?? { response_types: [] };
      return typesLeftOut(types, metadata).map((type) => `response_types/${type}`);
    },
    nameOf: ({ client_id: id }) => id,
    placeOf: ({ authorization_server_id: id }) => workspaceId(id),
    async *list({ clients }, tenant, place) {
      if (place === undefined) return;
      const all = allOf(
        (query) => clients.list(tenant, workspaceId(place), query),
        ({ id }) => id,
      );
      for await (const client of all) yield toItem(client);
    },
    async find({ clients }, tenant, { client_id: id, authorization_server_id: place }) {
      const found = await clients.findInTenant(tenant, clientId(id));
      if (found === undefined) return undefined;
      if (found.workspaceId === workspaceId(place)) return toItem(found);
      throw new PlatformError('conflict', `The workspace ${found.workspaceId} has a client of this id.`);
    },
    async faults(item, { settingsOf, force }) {
      const settings = await settingsOf(workspaceId(item.authorization_server_id));
      if (settings === undefined) return [];
      return faultsFrom(() => {
        checkGivenId(item.client_id, '/client_id');
        secretFor(
          checkedMetadata(withDefaults(item), force ? { ...settings, ...everything } : settings),
          item.client_secret,
        );
      });
    },
    async recheck({ workspaces }, tenant, item) {
      const workspace = await workspaces.findHeld(tenant, workspaceId(item.authorization_server_id));
      if (workspace !== undefined) checkedMetadata(withDefaults(item), workspace.settings);
    },
    complete(item, stored) {
      const metadata = withDefaults(item);
      const hasSecret = needsSecret(metadata);
      const { rotated_secrets: rotated = stored?.rotated_secrets } = item;
      const until = item.rotated_secrets === undefined ? stored?.rotated_secrets_until : item.rotated_secrets_until;
      const now = isoOf(clock.now());
      const members = {
        ...metadata,
        authorization_server_id: item.authorization_server_id,
        client_id: item.client_id,
        client_status: item.client_status ?? stored?.client_status ?? 'active',
        trusted: item.trusted ?? stored?.trusted ?? false,
        ...(hasSecret ? { client_secret: item.client_secret ?? stored?.client_secret ?? newSecret() } : {}),
        ...(hasSecret && rotated !== undefined ? { rotated_secrets: rotated } : {}),
        ...(hasSecret && until !== undefined ? { rotated_secrets_until: until } : {}),
        created_at: item.created_at ?? stored?.created_at ?? now,
        updated_at: item.updated_at ?? stored?.updated_at ?? now,
      };
      return Promise.resolve(body.parse(members));
    },
    async write({ clients }, tenant, item, stored) {
      const client = toClient(tenant, item, clock.now());
      await (stored === undefined ? clients.insert(client) : clients.update(client));
    },
    secrets({ client_secret: current, rotated_secrets: rotated, ...item }, map) {
      return {
        ...item,
        ...(current === undefined ? {} : { client_secret: map(current, 'client_secret') }),
        ...(rotated === undefined
          ? {}
          : { rotated_secrets: rotated.map((one, index) => map(one, `rotated_secrets/${String(index)}`)) }),
      };
    },
  });
}
