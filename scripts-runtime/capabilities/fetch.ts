/** A script's requests: each hop is held to the script's list, bounded in time and length, and sent by the host. */
import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import type { Limits } from '../limits.ts';
import type { ScriptHost } from '../run.ts';
import type { NetRule } from '../script.ts';
import { allowed, NotAllowed } from './net-rules.ts';

const requestSchema = z.strictObject({
  url: z.string().max(8192),
  method: z.string().max(16),
  headers: z.array(z.tuple([z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/), z.string().max(8192)])).max(64),
  redirect: z.enum(['follow', 'manual', 'error']),
  timeoutMs: z.number().optional(),
  text: z.string().optional(),
  base64: z.string().optional(),
});
type FetchRequest = z.infer<typeof requestSchema>;

export interface FetchDeps {
  readonly fetch: ScriptHost['fetch'];
  readonly rules: readonly NetRule[];
  readonly secrets: Readonly<Record<string, string>>;
  readonly limits: Pick<Limits, 'fetchMs' | 'fetchBytes'>;
}

const maxRedirects = 3;
const redirects = new Set([301, 302, 303, 307, 308]);
const credentials = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** @param over aborts when the run has ended @throws Error whose message is for the script */
export async function scriptFetch(request: unknown, deps: FetchDeps, over: AbortSignal): Promise<JsonObject> {
  const read = requestSchema.safeParse(request);
  if (!read.success) throw new Error('the request cannot be sent as it is');
  const { timeoutMs = deps.limits.fetchMs } = read.data;
  const time = AbortSignal.timeout(Math.max(1, Math.min(Math.floor(timeoutMs) || 1, deps.limits.fetchMs)));
  try {
    return await follow(read.data, deps, AbortSignal.any([time, over]));
  } catch (error) {
    if (error instanceof NotAllowed) throw error;
    // Nothing else is said: an address that is not public reads like one that is down.
    throw new Error(time.aborted ? 'the address did not answer in time' : 'the address could not be fetched', {
      cause: error,
    });
  }
}

interface Hop {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | undefined;
}

async function follow(request: FetchRequest, deps: FetchDeps, signal: AbortSignal): Promise<JsonObject> {
  const { text, base64 } = request;
  const body =
    text !== undefined ? Buffer.from(text) : base64 !== undefined ? Buffer.from(base64, 'base64') : undefined;
  let hop: Hop = { url: request.url, method: request.method, headers: request.headers, body };
  for (let count = 0; count <= maxRedirects; count++) {
    const { url, rule } = allowed(hop.url, hop.method, deps.rules);
    const response = await deps.fetch(url.href, {
      method: hop.method,
      headers: { ...Object.fromEntries(hop.headers), ...secretHeaders(rule, deps.secrets) },
      ...(hop.body === undefined ? {} : { body: hop.body }),
      signal,
      redirect: 'manual',
    });
    const location = redirects.has(response.status) ? response.headers.get('location') : null;
    if (location === null || request.redirect === 'manual')
      return await answerOf(response, url, deps.limits.fetchBytes);
    await response.body?.cancel();
    if (request.redirect === 'error') throw new NotAllowed('the address answered with a redirect');
    hop = redirected(hop, response.status, url, location);
  }
  throw new NotAllowed('the address redirects too often');
}

/** Never a credential to another origin, and no body where GET takes over (RFC 9110 §15.4). */
function redirected(hop: Hop, status: number, from: URL, location: string): Hop {
  const target = URL.parse(location, from.href);
  if (target === null) throw new NotAllowed('the address redirects to what is no URL');
  const becomesGet = (status === 303 && hop.method !== 'HEAD') || (status <= 302 && hop.method === 'POST');
  const foreign = target.origin !== from.origin;
  const headers = hop.headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return !(foreign && credentials.has(lower)) && !(becomesGet && lower.startsWith('content-'));
  });
  return {
    url: target.href,
    method: becomesGet ? 'GET' : hop.method,
    headers,
    body: becomesGet ? undefined : hop.body,
  };
}

function secretHeaders(rule: NetRule, secrets: Readonly<Record<string, string>>): Record<string, string> {
  const filled = Object.entries(rule.secretHeader ?? {}).map(([name, text]): [string, string] => [
    name.toLowerCase(),
    text.replace(/\$\{([A-Za-z0-9_.-]+)\}/g, (_, secret: string) => {
      const value = Object.hasOwn(secrets, secret) ? secrets[secret] : undefined;
      if (value === undefined) throw new NotAllowed(`there is no secret ${secret}`);
      return value;
    }),
  ]);
  return Object.fromEntries(filled);
}

/** Cookies stay out: a script keeps no session with anybody. */
const withheld = new Set(['set-cookie']);

async function answerOf(response: Response, url: URL, maxBytes: number): Promise<JsonObject> {
  const bytes = await readBounded(response, maxBytes);
  const text = textOf(bytes);
  const headers = [...response.headers].filter(([name]) => !withheld.has(name)).slice(0, 64);
  return {
    url: url.href,
    status: response.status,
    statusText: response.statusText.slice(0, 128),
    headers: headers.map(([name, value]) => [name, value.slice(0, 8192)]),
    ...(text === undefined ? { base64: bytes.toString('base64') } : { text }),
  };
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function readBounded(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of stream ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new NotAllowed(`the answer has more than ${String(maxBytes)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
