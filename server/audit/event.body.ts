/** An audit event as it is published: in lists, and in what is sent to whoever listens. */
import { z } from 'zod';
import { placeOfEvent, type DomainEvent, type Imported } from '../kernel/events.ts';

export const eventAnswer = z.object({
  tenant_id: z.string(),
  server_id: z.string().describe('the workspace; admin for what belongs to the tenant as a whole'),
  event_id: z.string(),
  timestamp: z.iso.datetime(),
  event_subject: z.string(),
  action: z.string(),
  context: z
    .record(z.string(), z.string())
    .nullable()
    .describe('of an event that was imported: imported_at, and by whom'),
  metadata: z.record(z.string(), z.unknown()).describe('who did it, from where, and to whom'),
  payload: z.record(z.string(), z.unknown()).describe('what happened, keyed {event_subject}_{action}'),
});

export function toEventBody(event: DomainEvent): z.output<typeof eventAnswer> {
  return {
    tenant_id: event.tenantId,
    server_id: placeOfEvent(event),
    event_id: event.id,
    timestamp: new Date(event.at).toISOString(),
    event_subject: event.subject,
    action: event.action,
    context: event.imported === undefined ? null : contextOf(event.imported),
    metadata: { ...event.metadata },
    payload: event.payload,
  };
}

/** Beside the event and not in it: what is brought says nothing of who brought it. */
function contextOf({ at, by }: Imported): Record<string, string> {
  const { client_id: client, subject, trace_id: trace } = by;
  return {
    imported_at: new Date(at).toISOString(),
    ...(client === undefined ? {} : { imported_by_client_id: client }),
    ...(subject === undefined ? {} : { imported_by_subject: subject }),
    ...(trace === undefined ? {} : { imported_by_trace_id: trace }),
  };
}
