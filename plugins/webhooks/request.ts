/** The request that tells an endpoint of an event, and how its answer is read. */
import type { PluginHost } from '../kit/index.ts';
import type { Exchange } from './delivery.ts';
import { signatureHeaders } from './signature.ts';
import type { Webhook, WebhookSecrets } from './webhook.ts';

export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What may be looked at afterwards: neither the key nor a signature. */
  readonly exchange: Exchange;
}

export type Answer =
  | { readonly kind: 'taken'; readonly status: number; readonly exchange: Exchange }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly status?: number;
      readonly exchange: Exchange;
      readonly retryAfterMs?: number;
      /** The receiver wants nothing any more (410, as Standard Webhooks has it). */
      readonly isGone?: true;
    };

/** Of an answer, as much as helps to find out what is wrong. Characters. */
const longestKept = 2_048;
const keptHeaders = ['content-type', 'retry-after', 'server', 'x-request-id', 'location'] as const;

/** @param body an event as it is published. @param at of this try, milliseconds since the epoch */
export function webhookRequest(
  webhook: Pick<Webhook, 'url'>,
  secrets: WebhookSecrets,
  message: { readonly id: string; readonly event: unknown; readonly at: number },
): WebhookRequest {
  const body = JSON.stringify({ audit_events: [message.event] });
  const { 'webhook-signature': signature = '', ...signed } = signatureHeaders({ ...message, body }, secrets.signing);
  const shown = { 'content-type': 'application/json', 'user-agent': 'Gatehouse-Webhooks', ...signed };
  return {
    headers: { ...shown, 'x-api-key': secrets.apiKey, 'webhook-signature': signature },
    body,
    exchange: { url: webhook.url, headers: shown },
  };
}

/** Sends it. A redirect is not followed: what it leads to was registered by nobody. Never rejects. */
export async function send(
  host: Pick<PluginHost, 'fetch' | 'fetchUnverified' | 'clock'>,
  webhook: Pick<Webhook, 'url' | 'insecure'>,
  { headers, body, exchange }: WebhookRequest,
): Promise<Answer> {
  const fetch = webhook.insecure ? host.fetchUnverified : host.fetch;
  let answer: Response;
  try {
    answer = await fetch(webhook.url, { method: 'POST', headers, body, redirect: 'manual', tooLong: 'cut' });
  } catch {
    // One that may not be reached reads like one that is down.
    return { kind: 'failed', reason: 'unreachable', exchange };
  }
  const { status } = answer;
  const told = { ...exchange, answer: await shownOf(answer, secretsOf(headers)) };
  if (status >= 200 && status <= 299) return { kind: 'taken', status, exchange: told };
  const retryAfterMs = retryAfterOf(answer.headers.get('retry-after'), host.clock.now());
  return {
    kind: 'failed',
    reason: `status_${String(status)}`,
    status,
    exchange: told,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(status === 410 ? { isGone: true } : {}),
  };
}

/** What a request proves itself by, as it may come back: receivers that are being set up answer with what they got. */
function secretsOf(headers: WebhookRequest['headers']): readonly string[] {
  const sent = [headers['x-api-key'], ...(headers['webhook-signature']?.split(' ') ?? [])];
  const said = sent.filter((secret) => secret !== undefined && secret !== '');
  return said.flatMap((secret = '') => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
}

async function shownOf(answer: Response, secrets: readonly string[]): Promise<NonNullable<Exchange['answer']>> {
  const masked = (text: string): string => secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
  const text = masked(await answer.text());
  return {
    headers: Object.fromEntries(
      keptHeaders.flatMap((name) => {
        const value = answer.headers.get(name);
        return value === null ? [] : [[name, masked(value).slice(0, 512)]];
      }),
    ),
    body: text.slice(0, longestKept),
  };
}

/** Seconds, or a date (RFC 9110 §10.2.3). @returns milliseconds, at most four hours; undefined for anything else */
export function retryAfterOf(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) || wait <= 0 ? undefined : Math.min(wait, 4 * 3_600_000);
}
