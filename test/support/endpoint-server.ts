/**
 * Endpoints served by themselves, to a caller who has whatever scopes the test gives them. Whatever a test asks them, they
 * are held to what they declare: a status that they never said they answer with, or an `if-match` that they look at or not
 * against their word, fails the test.
 */
import assert from 'node:assert/strict';
import express from 'express';
import { permissionsFrom, type Permissions } from '../../server/access/role.ts';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { mountEndpoints } from '../../server/http/endpoints.ts';
import { isHeld, refusalsOf } from '../../server/http/refusals.ts';
import { errorHandler } from '../../server/http/error-handler.ts';
import { createRateLimiter } from '../../server/http/rate-limit.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { statusOf } from '../../server/kernel/errors.ts';
import { clientId } from '../../server/kernel/ids.ts';
import type { CallingPerson } from '../../server/self-service/calling-person.ts';
import { silentLog } from './recording-log.ts';
import { serve } from './serve.ts';

export interface EndpointAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  /** The body parsed; undefined where there is none. */
  readonly body: unknown;
}

export interface EndpointServer {
  readonly origin: string;
  /** @param path with the query */
  ask(
    method: string,
    path: string,
    more?: { readonly body?: unknown; readonly ifMatch?: string },
  ): Promise<EndpointAnswer>;
  /** The same, by a caller with these scopes alone. */
  askWith(scopes: readonly string[], method: string, path: string): Promise<EndpointAnswer>;
  close(): Promise<void>;
}

/**
 * @param scopes of the caller, unless said otherwise
 * @param permissions what the caller's roles allow; nothing by default
 * @param person who the caller is; no person by default
 */
export async function serveEndpoints(
  endpoints: readonly Endpoint[],
  scopes: readonly string[],
  permissions: () => Permissions = () => permissionsFrom([]),
  person: () => CallingPerson | 'nobody' | 'ended' = () => 'nobody',
): Promise<EndpointServer> {
  const app = express();
  app.disable('etag');
  const limiter = createRateLimiter({ burst: 10_000, perMinute: 1 }, systemClock);
  const broken: string[] = [];
  const watched = endpoints.map((one) => ({ ...one, handle: watchedHandle(one, broken) }));
  app.use(
    mountEndpoints(watched, {
      verify: (token, tenantId, workspaceId) =>
        Promise.resolve({ tenantId, workspaceId, clientId: clientId('caller'), scopes: token.split('.') }),
      permissionsOf: () => Promise.resolve(permissions()),
      personOf: () => Promise.resolve(person()),
      callers: limiter,
      people: limiter,
      strangers: limiter,
      addressOf: () => 'here',
      origins: { recall: () => false, find: () => Promise.resolve(false) },
    }),
  );
  app.use(errorHandler({ log: silentLog }));
  const served = await serve(app);
  const send = async (
    held: readonly string[],
    method: string,
    path: string,
    more: { readonly body?: unknown; readonly ifMatch?: string } = {},
  ): Promise<EndpointAnswer> => {
    const body = more.body === undefined ? undefined : JSON.stringify(more.body);
    const { status, headers, text } = await served.ask(path, {
      method,
      headers: {
        authorization: `Bearer ${['token', ...held].join('.')}`,
        ...(more.ifMatch === undefined ? {} : { 'if-match': more.ifMatch }),
        // Said for a DELETE as well, which Node would send without.
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const asked = endpoints.find((one) => isAsked(one, method, path));
    if (asked !== undefined && !statusesOf(asked).includes(status))
      broken.push(`${asked.operationId} answers ${String(status)}, and does not say so: ${text}`);
    assert.deepEqual(broken.splice(0), []);
    return { status, etag: headers.etag, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    origin: served.origin,
    ask: (method, path, more) => send(scopes, method, path, more),
    askWith: (held, method, path) => send(held, method, path),
    close: () => served.close(),
  };
}

function statusesOf(endpoint: Endpoint): readonly number[] {
  const { success, instead } = endpoint;
  const refused = refusalsOf(endpoint).map((code) => statusOf[code]);
  // What fails on our side may meet every call.
  return [success.status, ...(instead === undefined ? [] : [instead.status]), ...refused, 500, 503];
}

function isAsked(endpoint: Endpoint, method: string, path: string): boolean {
  const pattern = new RegExp(`^${endpoint.path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`);
  return endpoint.method === method.toLowerCase() && pattern.test(path.split('?')[0] ?? '');
}

/** The handler, heard whether it compares `if-match` with what is stored where the change is made. */
function watchedHandle(endpoint: Endpoint, broken: string[]): Endpoint['handle'] {
  return async (call) => {
    const heard = { isCompared: false };
    const result = await endpoint.handle({
      ...call,
      ifMatch(stored) {
        heard.isCompared = true;
        call.ifMatch(stored);
      },
    });
    if (heard.isCompared !== isHeld(endpoint))
      broken.push(
        `${endpoint.operationId} ${heard.isCompared ? 'compares' : 'does not compare'} if-match against its word`,
      );
    return result;
  };
}
