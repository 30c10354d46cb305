/** Every mount, in order, on one screen. What stands first is asked first. */
import express, { type Express, type RequestHandler, type Router } from 'express';
import { PlatformError } from './kernel/errors.ts';

/** Everything that answers, built by the composition root. */
export interface AppParts {
  /** Trace id, client address, access log, metrics: before anything can fail. */
  readonly preamble: readonly RequestHandler[];
  /** `/alive`, `/health` and `/metrics`: balancers and scrapers name whatever host they like. */
  readonly unpinned: readonly Router[];
  readonly pinHost: RequestHandler;
  /** `/ops` */
  readonly operations: readonly Router[];
  /** `/assets/…`: the same for everyone, kept for a year. */
  readonly assets: RequestHandler;
  readonly pageHeaders: RequestHandler;
  /** `/` */
  readonly home: Router;
  /** `/{tid}/{aid}/login/{uid}` */
  readonly logins: Router;
  /** `/{tid}/{aid}/demo`, where it is switched on. */
  readonly demo: Router;
  /** Endpoints of plugins, below `/{tid}/{aid}`. */
  readonly extensions: Router;
  /** The protocol: all the rest below `/{tid}/{aid}`. */
  readonly protocol: RequestHandler;
  readonly errors: express.ErrorRequestHandler;
}

/**
 * Pages get their headers page by page, so that a token request does not pay for them. What matches must not end with
 * the slash of the rest: express would pass it by.
 */
const pages = /^\/$|^\/[^/]+\/[^/]+\/(?:login|demo)(?=\/|$)/;

export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');

  for (const handler of parts.preamble) app.use(handler);
  for (const router of parts.unpinned) app.use(router);
  app.use(parts.pinHost);
  for (const router of parts.operations) app.use(router);
  app.use('/assets', parts.assets);
  app.use(pages, parts.pageHeaders);
  app.use(parts.home);
  app.use(parts.logins);
  app.use(parts.demo);
  app.use(parts.extensions);
  app.use('/:tid/:aid', parts.protocol);
  app.use(() => {
    throw new PlatformError('not_found', 'there is nothing at this address');
  });
  app.use(parts.errors);
  return app;
}
