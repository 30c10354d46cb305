/** Requests to our own issuer without leaving the machine: they go to the listening address, under the public name. */
import type { CustomFetch, FetchBody } from 'openid-client';
import { Agent, request } from 'undici';

/** Answers of a token endpoint are small; more than this is something else. */
const longestAnswer = 1_000_000;

/**
 * Every address is reached at `baseUrl`, whatever host it names: nothing else can be asked.
 * @param baseUrl where this server listens, e.g. `http://127.0.0.1:8080`
 */
export function createLoopbackFetch(baseUrl: string): CustomFetch {
  const dispatcher = new Agent({ maxResponseSize: longestAnswer });
  return async (address, { method, headers, body, signal }) => {
    const { host, protocol, pathname, search } = new URL(address);
    const answer = await request(new URL(pathname + search, baseUrl), {
      dispatcher,
      method: method === 'POST' ? 'POST' : 'GET',
      headers: { ...headers, host, 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) },
      body: textOf(body),
      signal: signal ?? null,
    });
    const { 'content-type': type, 'www-authenticate': challenge } = answer.headers;
    const text = await answer.body.text();
    return new Response(text === '' ? null : text, {
      status: answer.statusCode,
      headers: {
        ...(typeof type === 'string' ? { 'content-type': type } : {}),
        ...(typeof challenge === 'string' ? { 'www-authenticate': challenge } : {}),
      },
    });
  };
}

/** openid-client posts forms, as text or as URLSearchParams. */
function textOf(body: FetchBody): string | null {
  if (typeof body === 'string') return body;
  return body instanceof URLSearchParams ? body.toString() : null;
}
