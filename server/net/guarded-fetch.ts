/** The one way out: fetches addresses that strangers wrote, without ever reaching what only this machine can reach. */
import { Agent, request } from 'undici';
import { PlatformError } from '../kernel/errors.ts';
import { createAddressPolicy } from './address-policy.ts';
import { guardedConnector } from './guarded-connector.ts';
import type { Lookup } from './guarded-connector.ts';

export interface GuardedFetchOptions {
  /** Host names, addresses and CIDR blocks that may be reached although they are private. */
  readonly allow?: readonly string[];
  /** From the call to the last byte of the body, redirects included. Milliseconds. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly maxRedirects?: number;
  /** Takes any certificate of https: addresses are guarded all the same. */
  readonly takesAnyCertificate?: boolean;
  /** Resolves names; the system's resolver by default. */
  readonly lookup?: Lookup;
}

export interface OutgoingRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** `manual` answers with the redirect itself. */
  readonly redirect?: 'follow' | 'manual';
  /** What becomes of a body with more bytes than are read: no answer at all, or one that ends there. `refuse` by default. */
  readonly tooLong?: 'refuse' | 'cut';
}

/**
 * Fetches and reads the whole body. Every status is an answer.
 * @throws PlatformError `unavailable` for everything else: an address that is not allowed reads like one that is down
 */
export type GuardedFetch = (url: string | URL, outgoing?: OutgoingRequest) => Promise<Response>;

interface Limits {
  readonly agent: Agent;
  readonly maxBytes: number;
  readonly maxRedirects: number;
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const bodilessStatuses = new Set([101, 204, 205, 304]);

/** Headers that say where a request goes or how long it is: those are the connection's to say. */
const connectionHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
]);
const credentialHeaders = new Set(['authorization', 'cookie', 'proxy-authorization']);

export function createGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const timeoutMs = options.timeoutMs ?? 5_000;
  const policy = createAddressPolicy(options.allow ?? []);
  const agent = new Agent({
    connect: guardedConnector(policy, timeoutMs, options.lookup, options.takesAnyCertificate !== true),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxHeaderSize: 16 * 1024,
    keepAliveTimeout: 4_000,
    pipelining: 1,
  });
  const limits: Limits = { agent, maxBytes: options.maxBytes ?? 1024 * 1024, maxRedirects: options.maxRedirects ?? 3 };
  return async (url, outgoing = {}) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = outgoing.signal ? AbortSignal.any([timeout, outgoing.signal]) : timeout;
    try {
      return await follow(checkedUrl(String(url)), outgoing, signal, limits);
    } catch (cause) {
      throw new PlatformError('unavailable', 'The address could not be fetched.', { cause });
    }
  };
}

/** The URL parser turns every spelling of an IPv4 address (octal, hex, one number) into the dotted one that is checked. */
function checkedUrl(text: string, base?: URL): URL {
  const url = new URL(text, base);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new Error(`the scheme ${url.protocol} is not allowed`);
  if (url.username !== '' || url.password !== '') throw new Error('credentials in a URL are not allowed');
  if (base?.protocol === 'https:' && url.protocol === 'http:')
    throw new Error('a redirect from https to http is not followed');
  return url;
}

async function follow(start: URL, first: OutgoingRequest, signal: AbortSignal, limits: Limits): Promise<Response> {
  let url = start;
  let outgoing = first;
  for (let hop = 0; hop <= limits.maxRedirects; hop++) {
    const { response, location } = await once(url, outgoing, signal, limits);
    if (location === undefined || first.redirect === 'manual') return response;
    const target = checkedUrl(location, url);
    outgoing = redirected(outgoing, response.status, target.origin !== url.origin);
    url = target;
  }
  throw new Error('too many redirects');
}

/** What is sent on to a redirect's target: never a credential to another origin, and no body where GET takes over (RFC 9110 §15.4). */
function redirected(outgoing: OutgoingRequest, status: number, foreign: boolean): OutgoingRequest {
  const method = outgoing.method ?? 'GET';
  const becomesGet = (status === 303 && method !== 'HEAD') || (status <= 302 && method === 'POST');
  const headers = Object.entries(outgoing.headers ?? {}).filter(([name]) => {
    const lower = name.toLowerCase();
    return !(foreign && credentialHeaders.has(lower)) && !(becomesGet && lower.startsWith('content-'));
  });
  const { body, ...rest } = outgoing;
  return {
    ...rest,
    method: becomesGet ? 'GET' : method,
    headers: Object.fromEntries(headers),
    ...(becomesGet || body === undefined ? {} : { body }),
  };
}

async function once(
  url: URL,
  outgoing: OutgoingRequest,
  signal: AbortSignal,
  { agent, maxBytes }: Limits,
): Promise<{ readonly response: Response; readonly location: string | undefined }> {
  const sent = Object.entries(outgoing.headers ?? {}).filter(([name]) => !connectionHeaders.has(name.toLowerCase()));
  const answer = await request(url, {
    dispatcher: agent,
    method: outgoing.method ?? 'GET',
    // Compressed bodies are not asked for: their size cannot be bounded by what is read.
    headers: { 'user-agent': 'gatehouse', ...Object.fromEntries(sent), 'accept-encoding': 'identity' },
    body: outgoing.body ?? null,
    signal,
  });
  // A body that is given up on reports that as an error, which would end the process if nobody listened.
  answer.body.on('error', () => undefined);
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  const coding = headers.get('content-encoding') ?? 'identity';
  if (coding !== 'identity') {
    answer.body.destroy();
    throw new Error(`the body is encoded as ${coding}`);
  }
  const location = redirectStatuses.has(answer.statusCode) ? (headers.get('location') ?? undefined) : undefined;
  const body = await readBounded(answer.body, maxBytes, outgoing.tooLong ?? 'refuse');
  const response = new Response(bodilessStatuses.has(answer.statusCode) ? null : body, {
    status: answer.statusCode,
    headers,
  });
  return { response, location };
}

/** Reads up to `maxBytes` and then hangs up, whatever Content-Length promised. */
async function readBounded(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLong: 'refuse' | 'cut',
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    // Leaving the loop early destroys the stream, and with it the connection.
    if (size > maxBytes) {
      if (tooLong === 'refuse') throw new Error(`the body has more than ${String(maxBytes)} bytes`);
      chunks.push(chunk.subarray(0, chunk.byteLength - (size - maxBytes)));
      size = maxBytes;
      break;
    }
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
