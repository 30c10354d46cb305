/** The log of an endpoint's deliveries as JSON: what was sent, what was answered, and what is still to be sent. */
import { z } from 'zod';
import { unprocessable } from '../kit/index.ts';
import type { Delivery, DeliveryAttempt, DeliveryFilter, DeliveryState } from './delivery.ts';
import type { Redelivered } from './redelivery.service.ts';

const states = ['waiting', 'held', 'delivered', 'failed', 'expired'] as const satisfies readonly DeliveryState[];
const instant = z.iso.datetime({ offset: true }).optional();

export const deliveriesQuery = z.object({
  state: z.enum(states).optional(),
  timestamp_from: instant.describe('of what happened then or later'),
  timestamp_to: instant.describe('of what happened before'),
  after_delivery_id: z.string().min(1).max(64).optional().describe('the page after this one'),
  limit: z.coerce.number().int().min(1).max(100).optional().describe('20 by default'),
});

export const rangeBody = z.object({
  timestamp_from: z.iso.datetime({ offset: true }).describe('of what happened then or later'),
  timestamp_to: z.iso.datetime({ offset: true }).describe('of what happened before'),
  states: z
    .array(z.enum(['delivered', 'failed', 'expired']))
    .min(1)
    .optional()
    .describe('failed and expired unless said'),
});
export const rangeAnswer = z.object({
  deliveries: z.int().describe('how many are sent again'),
  is_cut: z.boolean().describe('there are more: ask again up to the earliest of these'),
});

export const deliveryAnswer = z.object({
  delivery_id: z.string().describe('the webhook-id that the receiver knows it by'),
  event_id: z.string(),
  event_subject: z.string(),
  action: z.string(),
  timestamp: z.iso.datetime().describe('when it happened'),
  state: z.enum(states),
  reason: z.string().optional().describe('why it failed, the last time it did'),
  attempts: z.int(),
  ended_at: z.iso.datetime().optional(),
});
export const redeliveryAnswer = deliveryAnswer.extend({
  state: z.enum(states).describe('`held` while the webhook is paused or disabled: it is sent once that is resumed'),
  waits_for: z
    .string()
    .optional()
    .describe('where the webhook is `ordered`: the delivery that comes before it, and is tried now in its place'),
});
export const deliveriesAnswer = z.object({ deliveries: z.array(deliveryAnswer) });

const headers = z.record(z.string(), z.string());
export const deliveryLogAnswer = deliveryAnswer.extend({
  request: z
    .object({ body: z.string().describe('as it is sent; empty once the event is gone') })
    .describe('the same in each attempt'),
  log: z
    .array(
      z.object({
        number: z.int(),
        at: z.iso.datetime(),
        duration_ms: z.int().optional(),
        reason: z.string().describe('delivered, or why not'),
        request: z.object({ url: z.string(), headers: headers.describe('without the key and the signature') }),
        response: z.object({ status: z.int(), headers, body: z.string().describe('its beginning') }).optional(),
      }),
    )
    .describe('its latest attempts'),
});

export function filterIn(query: z.output<typeof deliveriesQuery>): DeliveryFilter {
  const { state, timestamp_from: from, timestamp_to: to } = query;
  return {
    ...(state === undefined ? {} : { states: [state] }),
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
  };
}

/** @throws PlatformError `unprocessable_entity` */
export function rangeIn(body: z.output<typeof rangeBody>): DeliveryFilter {
  const [from, to] = [Date.parse(body.timestamp_from), Date.parse(body.timestamp_to)];
  if (from >= to) throw unprocessable('/timestamp_to', 'The timestamp_to must be later than timestamp_from.');
  return { from, to, states: body.states ?? ['failed', 'expired'] };
}

const iso = (at: number): string => new Date(at).toISOString();

export function toDeliveryBody(delivery: Delivery): z.infer<typeof deliveryAnswer> {
  const { reason, endedAt } = delivery;
  return {
    delivery_id: delivery.id,
    event_id: delivery.eventId,
    event_subject: delivery.subject,
    action: delivery.action,
    timestamp: iso(delivery.eventAt),
    state: delivery.state,
    ...(reason === undefined ? {} : { reason }),
    attempts: delivery.attempts,
    ...(endedAt === undefined ? {} : { ended_at: iso(endedAt) }),
  };
}

export function toRedeliveryBody({ delivery, waitsFor }: Redelivered): z.infer<typeof redeliveryAnswer> {
  return { ...toDeliveryBody(delivery), ...(waitsFor === undefined ? {} : { waits_for: waitsFor }) };
}

/** @param sent the body that is sent */
export function toDeliveryLog(
  delivery: Delivery,
  attempts: readonly DeliveryAttempt[],
  sent: string,
): z.infer<typeof deliveryLogAnswer> {
  return {
    ...toDeliveryBody(delivery),
    request: { body: sent },
    log: attempts.map(({ number, at, durationMs, status, reason, exchange }) => ({
      number,
      at: iso(at),
      ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
      reason,
      request: { url: exchange.url, headers: { ...exchange.headers } },
      ...(status === undefined || exchange.answer === undefined
        ? {}
        : { response: { status, headers: { ...exchange.answer.headers }, body: exchange.answer.body } }),
    })),
  };
}
