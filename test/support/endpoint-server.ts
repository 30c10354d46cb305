/** Endpoints served by themselves, to a caller who has whatever scopes the test gives them. */
import express from 'express';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { mountEndpoints } from '../../server/http/endpoints.ts';
import { errorHandler } from '../../server/http/error-handler.ts';
import { createRateLimiter } from '../../server/http/rate-limit.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { clientId } from '../../server/kernel/ids.ts';
import { silentLog } from './recording-log.ts';
import { serve } from './serve.ts';

export interface EndpointAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  /** The body parsed; undefined where there is none. */
  readonly body: unknown;
}

export interface EndpointServer {
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

/** @param scopes of the caller, unless said otherwise */
export async function serveEndpoints(
  endpoints: readonly Endpoint[],
  scopes: readonly string[],
): Promise<EndpointServer> {
  const app = express();
  app.disable('etag');
  const limiter = createRateLimiter({ burst: 10_000, perMinute: 1 }, systemClock);
  app.use(
    mountEndpoints(endpoints, {
      verify: (token, tenantId, workspaceId) =>
        Promise.resolve({ tenantId, workspaceId, clientId: clientId('caller'), scopes: token.split('.') }),
      callers: limiter,
      strangers: limiter,
      addressOf: () => 'here',
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
    const { status, headers, text } = await served.ask(path, {
      method,
      headers: {
        authorization: `Bearer ${held.join('.')}`,
        ...(more.ifMatch === undefined ? {} : { 'if-match': more.ifMatch }),
        ...(more.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
    });
    return { status, etag: headers.etag, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    ask: (method, path, more) => send(scopes, method, path, more),
    askWith: (held, method, path) => send(held, method, path),
    close: () => served.close(),
  };
}
