/** A receiver of webhooks: believes what is signed, is new and was not seen before, and answers at once. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import express, { type Express } from 'express';
import { z } from 'zod';

export interface ReceiverOptions {
  /** `whsec_…`, as it was answered when the webhook was made; beside it the one before, during a rotation. */
  readonly signingSecrets: readonly string[];
  /** Told of each event once. */
  readonly onEvent: (event: AuditEvent) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const delivery = z.object({
  audit_events: z.array(
    z.looseObject({ event_id: z.string(), event_subject: z.string(), action: z.string(), timestamp: z.string() }),
  ),
});
export type AuditEvent = z.infer<typeof delivery>['audit_events'][number];

/** A request that somebody kept is worth nothing after this. Seconds. */
const toleranceSeconds = 300;
/** As many ids are remembered; a database would remember them for as long as something is sent again. */
const mostRemembered = 10_000;

export function createReceiver({ signingSecrets, onEvent, now = Date.now }: ReceiverOptions): Express {
  const seen = new Set<string>();
  const app = express();
  // The very bytes that were signed: a body that is parsed and written again is another one.
  app.use(express.text({ type: 'application/json', limit: '256kb' }));

  app.post('/hooks', (req, res) => {
    const [id = '', timestamp = '', signatures = ''] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
      (name) => req.get(name),
    );
    const body: unknown = req.body;
    if (typeof body !== 'string' || !isRecent(timestamp, now())) return void res.sendStatus(400);
    const signed = `${id}.${timestamp}.${body}`;
    if (!signingSecrets.some((secret) => isSigned(signed, signatures, secret))) return void res.sendStatus(401);
    const read = delivery.safeParse(JSON.parse(body));
    if (!read.success) return void res.sendStatus(400);
    // Sent at least once: a second time where our answer was lost, or where somebody asked for it.
    if (!seen.has(id)) {
      for (const event of read.data.audit_events) onEvent(event);
      seen.add(id);
      const [oldest] = seen;
      if (seen.size > mostRemembered && oldest !== undefined) seen.delete(oldest);
    }
    // Before any work that takes time: what is not answered within 15 seconds is sent again.
    res.sendStatus(204);
  });
  return app;
}

function isRecent(timestamp: string, now: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= toleranceSeconds;
}

/** Several signatures stand behind each other while the sender's secret changes. */
function isSigned(signed: string, signatures: string, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(signed).digest();
  return signatures.split(' ').some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
