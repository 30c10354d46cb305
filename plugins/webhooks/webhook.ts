/** An endpoint of somebody's that is told of what happens in a workspace, and the rules of what it may be. */
import { unprocessable, type DomainEvent, type EventName, type TenantId, type WorkspaceId } from '../kit/index.ts';

/** `paused` by an administrator, `disabled` by the platform: what happens meanwhile is kept, and sent when it is resumed. */
export type WebhookState = 'running' | 'paused' | 'disabled';

/** Actions by subject; nothing else is told. */
export type Subscription = Readonly<Record<string, readonly string[]>>;

export interface Webhook {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: string;
  readonly url: string;
  /** Whether it is told at all: of what happens while it is not, it never hears. */
  readonly active: boolean;
  /** For developers: plain http, and any certificate of https. */
  readonly insecure: boolean;
  /** What is about one person, or one client, arrives in the order in which it happened. */
  readonly ordered: boolean;
  readonly events: Subscription;
  readonly state: WebhookState;
  /** A code. */
  readonly disabledReason: string | undefined;
  /** Since when every try has failed. Milliseconds since the epoch. */
  readonly failingSince: number | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** By which an endpoint knows the platform. Sealed at rest. */
export interface WebhookSecrets {
  /** The value of `X-API-Key`. */
  readonly apiKey: string;
  /** Newest first; one that was replaced signs beside the new one for a while. */
  readonly signing: readonly SigningSecret[];
}

export interface SigningSecret {
  /** `whsec_` and base64. */
  readonly secret: string;
  /** Milliseconds since the epoch; left out where it is good until it is replaced. */
  readonly until?: number;
}

export const mostWebhooks = 20;
/** After so long in which every try failed, an endpoint is disabled. Milliseconds. */
export const disabledAfterMs = 72 * 3_600_000;

export function isSubscribed(
  { events }: Pick<Webhook, 'events'>,
  event: Pick<DomainEvent, 'subject' | 'action'>,
): boolean {
  return Object.hasOwn(events, event.subject) && (events[event.subject]?.includes(event.action) ?? false);
}

/** @throws PlatformError `unprocessable_entity` */
export function checkUrl(url: string, insecure: boolean): void {
  const parsed = URL.parse(url);
  // The parser takes blanks and controls out; what is shown would be another address than what is asked.
  if (parsed === null || url.length > 2048 || /[\s\p{C}]/u.test(url))
    throw unprocessable('/url', 'The url must be an absolute address, without blanks.');
  const { protocol, username, password, hash } = parsed;
  if (protocol !== 'https:' && !(insecure && protocol === 'http:'))
    throw unprocessable('/url', 'The url must begin with https://, or with http:// where insecure is true.');
  if (username !== '' || password !== '') throw unprocessable('/url', 'The url must hold no user name or password.');
  if (hash !== '') throw unprocessable('/url', 'The url must have no fragment.');
}

/**
 * What is never published would be waited for in vain.
 * @param known all that is published. @throws PlatformError `unprocessable_entity` naming the first that is not
 */
export function checkEvents(events: Subscription, known: readonly EventName[]): void {
  const names = new Set(known);
  for (const [subject, actions] of Object.entries(events)) {
    for (const action of actions) {
      if (!names.has(`${subject} ${action}`))
        throw unprocessable(
          `/events/${subject.replaceAll('~', '~0').replaceAll('/', '~1')}`,
          `No event is called ${JSON.stringify(`${subject} ${action}`)}: see the list of events.`,
        );
    }
  }
}

/** What can stand in a header (RFC 9110 §5.5), without blanks. */
const keyPattern = /^[\x21-\x7e]{16,255}$/;

/** @throws PlatformError `unprocessable_entity` */
export function checkApiKey(key: string): void {
  if (!keyPattern.test(key))
    throw unprocessable('/api_key', 'The API key must be 16 to 255 printable ASCII characters, without blanks.');
}

/** What an administrator says of one. */
export interface WebhookWords extends Pick<Webhook, 'url' | 'active' | 'insecure' | 'ordered' | 'events'> {
  /** Generated where it is left out when it is made; stays where it is left out of a change. */
  readonly apiKey: string | undefined;
}

/** One that is new, and told of what happens from now on. */
export function newWebhook(
  place: Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>,
  words: Omit<WebhookWords, 'apiKey'>,
  now: number,
): Webhook {
  return {
    ...words,
    ...place,
    state: 'running',
    disabledReason: undefined,
    failingSince: undefined,
    createdAt: now,
    updatedAt: now,
  };
}

/** What failed elsewhere, or before it was switched off, says nothing of what is told from now on. */
export function changedBy(stored: Webhook, words: Omit<WebhookWords, 'apiKey'>, now: number): Webhook {
  const isAnother = words.url !== stored.url || words.active !== stored.active;
  return { ...stored, ...words, failingSince: isAnother ? undefined : stored.failingSince, updatedAt: now };
}

export interface WebhookStore {
  find(tenant: TenantId, workspace: WorkspaceId, id: string): Promise<Webhook | undefined>;
  /** All of a workspace, by id: twenty at most. */
  list(tenant: TenantId, workspace: WorkspaceId): Promise<readonly Webhook[]>;
  /** Those that are told of this event. */
  subscribed(event: Pick<DomainEvent, 'tenantId' | 'workspaceId' | 'subject' | 'action'>): Promise<readonly Webhook[]>;
  /** In clear, for who sends to it. @throws PlatformError `not_found` */
  secrets(webhook: Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>): Promise<WebhookSecrets>;
  /** @throws PlatformError `conflict`, `not_found` without such a workspace */
  insert(webhook: Webhook, secrets: WebhookSecrets): Promise<void>;
  /** What is not given stays. @throws PlatformError `not_found` */
  update(webhook: Webhook, secrets?: WebhookSecrets): Promise<void>;
  remove(webhook: Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>): Promise<void>;
  /** Notes when it began to fail, unless it is failing already. @returns since when it fails */
  noteFailure(webhook: Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>, now: number): Promise<number>;
  noteSuccess(webhook: Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>): Promise<void>;
  /** Disables one that runs. @returns false when it does not */
  disable(webhook: Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>, reason: string, now: number): Promise<boolean>;
}
