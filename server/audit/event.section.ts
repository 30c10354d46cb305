/** Audit events in an exported configuration with data: as they are published, and never another than they were. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { section, type Section } from '../configuration/section.ts';
import { allOf } from '../kernel/all-pages.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { administration, placeOfEvent, placesTold, type DomainEvent, type EventMetadata } from '../kernel/events.ts';
import { eventId, workspaceId, type TenantId } from '../kernel/ids.ts';
import type { EventArchive, EventLog } from './event.ts';

export interface EventSectionStores {
  readonly events: Pick<EventLog, 'list'>;
  readonly eventArchive: EventArchive;
}

const word = z.string().min(1).max(64);
const body = z.object({
  server_id: word,
  event_id: word,
  timestamp: z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString()),
  event_subject: word,
  action: word,
  metadata: z.record(z.string().max(64), z.string().max(4096)),
  payload: z.record(z.string().max(255), z.json()),
});
type EventItem = z.infer<typeof body>;

/** Between the clocks of two deployments. */
const clockSkewMs = 300_000;

function toItem(event: DomainEvent): EventItem {
  return body.parse({
    server_id: placeOfEvent(event),
    event_id: event.id,
    timestamp: new Date(event.at).toISOString(),
    event_subject: event.subject,
    action: event.action,
    metadata: event.metadata,
    payload: event.payload,
  });
}

function toEvent(tenantId: TenantId, item: EventItem): DomainEvent {
  const place = workspaceId(item.server_id);
  const metadata: EventMetadata = item.metadata;
  return {
    tenantId,
    ...(place === administration ? {} : { workspaceId: place }),
    id: eventId(item.event_id),
    at: Date.parse(item.timestamp),
    subject: item.event_subject,
    action: item.action,
    metadata,
    payload: item.payload,
  };
}

export function eventSection({ clock }: { readonly clock: Clock }): Section<EventSectionStores> {
  return section({
    member: 'audit_events',
    isData: true,
    body,
    holds: ['place'],
    placeMember: 'server_id',
    nameOf: ({ event_id: id }) => id,
    placeOf: ({ server_id: server }) => server,
    async *list({ events }, tenant, place) {
      if (place === undefined) return;
      const places = placesTold(workspaceId(place));
      const all = allOf(
        (query) => events.list(tenant, places, { ...query, metadata: {}, subjects: [], actions: [] }),
        (event) => event.id,
      );
      for await (const event of all) yield toItem(event);
    },
    async find({ eventArchive }, tenant, item) {
      const found = await eventArchive.find(tenant, eventId(item.event_id));
      if (found === undefined) return undefined;
      const stored = toItem(found);
      if (!isDeepStrictEqual(stored, item)) throw new PlatformError('conflict', 'An event stays as it was told.');
      return stored;
    },
    // What is to come would be read first for ever, and no age would remove it.
    faults: ({ timestamp }) =>
      Promise.resolve(
        Date.parse(timestamp) <= clock.now() + clockSkewMs
          ? []
          : [{ pointer: '/timestamp', message: 'must not be in the future' }],
      ),
    // Told to nobody: whoever observes events heard of it where it happened.
    write: ({ eventArchive }, tenant, item) => eventArchive.insert(toEvent(tenant, item)),
  });
}
