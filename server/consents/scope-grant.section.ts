/** What people granted, in an exported configuration with data: a published ScopeGrant for each scope of each consent. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { section, type Section } from '../configuration/section.ts';
import { isAbsent } from '../kernel/absent.ts';
import { allOf } from '../kernel/all-pages.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId, consentId, interactionId, newId, workspaceId, type TenantId } from '../kernel/ids.ts';
import type { Consent, ConsentStore } from './consent.ts';

export interface ScopeGrantSectionStores {
  readonly consents: Pick<ConsentStore, 'find' | 'findActive' | 'list' | 'insert' | 'grant'>;
}

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
const scope = z.string().min(1).max(128);
const id = z.string().min(1).max(64);

/** What people did is taken word by word; these are as generated clients send what they do not know. */
const given = (text: string | null | undefined): string | undefined =>
  isAbsent(text) ? undefined : (text ?? undefined);

const body = z.object({
  server_id: id,
  client_id: id,
  subject: z.string().min(1).max(255),
  scope_name: scope,
  granted_scope_name: scope.nullish().transform(given),
  given_at: time.nullish().transform(given),
  /** Ours: the decision that the scope was granted in, and what a ScopeGrant has no place for. */
  consent: z
    .object({
      id,
      grant_id: id,
      interaction_id: id,
      denied_scopes: z.array(scope).max(500),
      details: z.record(z.string().max(255), z.json()),
      expires_at: time.optional(),
    })
    .optional(),
});
type GrantItem = z.infer<typeof body>;

/** The consent type of core, which keeps scopes and nothing else. */
const generic = 'generic';
const isoOf = (ms: number): string => new Date(ms).toISOString();

function toItem(consent: Consent, name: string): GrantItem {
  return body.parse({
    server_id: consent.workspaceId,
    client_id: consent.clientId,
    subject: consent.subject,
    scope_name: name,
    granted_scope_name: name,
    given_at: isoOf(consent.grantedAt),
    consent: {
      id: consent.id,
      grant_id: consent.grantId,
      interaction_id: consent.interactionId,
      denied_scopes: consent.deniedScopes,
      details: consent.details,
      ...(consent.expiresAt === undefined ? {} : { expires_at: isoOf(consent.expiresAt) }),
    },
  });
}

function toConsent(tenant: TenantId, item: GrantItem, now: number): Consent {
  const { consent } = item;
  return {
    tenantId: tenant,
    workspaceId: workspaceId(item.server_id),
    id: consentId(consent?.id ?? newId()),
    type: generic,
    subject: item.subject,
    clientId: clientId(item.client_id),
    grantId: consent?.grant_id ?? newId(),
    grantedScopes: [item.scope_name],
    deniedScopes: consent?.denied_scopes ?? [],
    details: consent?.details ?? {},
    interactionId: interactionId(consent?.interaction_id ?? newId()),
    grantedAt: item.given_at === undefined ? now : Date.parse(item.given_at),
    expiresAt: consent?.expires_at === undefined ? undefined : Date.parse(consent.expires_at),
    revokedAt: undefined,
  };
}

/** What was left out is as it is stored. */
function completed(item: GrantItem, stored: GrantItem | undefined): GrantItem {
  const { scope_name: name, given_at: given = stored?.given_at, consent = stored?.consent } = item;
  return {
    ...item,
    granted_scope_name: name,
    ...(given === undefined ? {} : { given_at: given }),
    ...(consent === undefined ? {} : { consent }),
  };
}

export function scopeGrantSection({ clock }: { readonly clock: Clock }): Section<ScopeGrantSectionStores> {
  /** The consent that the scope was granted in; where none is named, what the person granted the client last. */
  const consentOf = async ({ consents }: ScopeGrantSectionStores, tenant: TenantId, item: GrantItem) => {
    const { server_id: server, subject, client_id: client, consent } = item;
    const place = workspaceId(server);
    if (consent === undefined) return consents.findActive(tenant, place, subject, clientId(client), clock.now());
    const found = await consents.find(tenant, place, consentId(consent.id));
    const isSame = found?.subject === subject && found.clientId === clientId(client) && found.type === generic;
    if (found !== undefined && !isSame)
      throw new PlatformError('conflict', `The consent ${consent.id} is of somebody else, or for another client.`);
    return found;
  };
  return section({
    member: 'scope_grants',
    isData: true,
    body,
    holds: ['place'],
    placeMember: 'server_id',
    nameOf: ({ server_id: server, client_id: client, subject, scope_name: name, consent }) =>
      [server, consent?.id ?? `${client} ${subject}`, name].join(' '),
    placeOf: ({ server_id: server }) => server,
    async *list({ consents }, tenant, place) {
      if (place === undefined) return;
      const all = allOf(
        (query) => consents.list(tenant, workspaceId(place), query),
        (consent) => consent.id,
      );
      for await (const consent of all) {
        if (consent.type !== generic || consent.revokedAt !== undefined) continue;
        for (const name of consent.grantedScopes.toSorted()) yield toItem(consent, name);
      }
    },
    async find(stores, tenant, item) {
      const found = await consentOf(stores, tenant, item);
      // What was taken back stays taken back, whatever is known of it elsewhere.
      if (found?.revokedAt !== undefined) return item;
      if (found?.grantedScopes.includes(item.scope_name) !== true) return undefined;
      const stored = toItem(found, item.scope_name);
      if (item.consent !== undefined && !isDeepStrictEqual(stored, completed(item, stored)))
        throw new PlatformError('conflict', 'A grant stays as it was given.');
      return stored;
    },
    needs: ({ server_id: server, client_id: client }) => ({
      member: 'clients',
      item: { authorization_server_id: server, client_id: client },
      pointer: '/client_id',
    }),
    faults: ({ scope_name: name, granted_scope_name: granted = name }) =>
      Promise.resolve(
        granted === name
          ? []
          : [{ pointer: '/granted_scope_name', message: 'must be the scope: none is dynamic here' }],
      ),
    complete: (item, stored) => Promise.resolve(completed(item, stored)),
    async write(stores, tenant, item) {
      const found = await consentOf(stores, tenant, item);
      const consent = toConsent(tenant, item, clock.now());
      if (found === undefined) await stores.consents.insert(consent);
      else await stores.consents.grant(tenant, found.workspaceId, found.id, [...found.grantedScopes, item.scope_name]);
    },
  });
}
