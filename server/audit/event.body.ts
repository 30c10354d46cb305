/** An audit event as it is published: in lists, and in what is sent to whoever listens. */
import { z } from 'zod';
import { placeOfEvent, type DomainEvent } from '../kernel/events.ts';

export const eventAnswer = z.object({
  tenant_id: z.string(),
  server_id: z.string().describe('the workspace; admin for what belongs to the tenant as a whole'),
  event_id: z.string(),
  timestamp: z.iso.datetime(),
  event_subject: z.string(),
  action: z.string(),
  context: z.record(z.string(), z.string()).nullable(),
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
    context: null,
    metadata: { ...event.metadata },
    payload: event.payload,
  };
}
