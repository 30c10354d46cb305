/** Every mount, in order, on one screen. What stands first is asked first. */
import type { RequestListener } from 'node:http';
import express, { type RequestHandler, type Router } from 'express';
import { createFrontDoor, raiseEarlier, type Middleware, type ShortCut } from './http/front-door.ts';
import { PlatformError } from './kernel/errors.ts';

/** Everything that answers, built by the composition root. */
export interface AppParts {
  /** Trace id, client address, access log, metrics: before anything can fail. */
  readonly preamble: readonly Middleware[];
  /** `/alive`, `/health` and `/metrics`: balancers and scrapers name whatever host they like. */
  readonly unpinned: readonly Router[];
  readonly pinHost: Middleware;
  /** `/ops` */
  readonly operations: readonly Router[];
  /** `/assets/…`: the same for everyone, kept for a year. */
  readonly assets: RequestHandler;
  readonly pageHeaders: RequestHandler;
  /** `/tenants`, before anything of a tenant. */
  readonly tenantFinder: Router;
  /** `/{tid}/admin`, beside the protocol of that workspace. */
  readonly console: Router;
  /** `/` */
  readonly home: Router;
  /** `/api/system`, `/api/admin` */
  readonly management: Router;
  /** `/{tid}/{aid}/login/{uid}` */
  readonly logins: Router;
  /** `/{tid}/identity/{pool}/…`: what people do for their own account. */
  readonly accounts: Router;
  /** `/{tid}/{aid}/account`: the same for those who are signed in. */
  readonly ownAccounts: Router;
  /** `/{tid}/{aid}/approvals`: what they are asked to decide over others. */
  readonly approvals: Router;
  /** `/{tid}/{aid}/demo`, where it is switched on. */
  readonly demo: Router;
  /** Endpoints of plugins, below `/{tid}/{aid}`. */
  readonly extensions: Router;
  /** Introspection and revocation with a bearer token, below `/{tid}/{aid}`. */
  readonly bearer: Router;
  /** The protocol, past all of these but the preamble and the host: it has first segments of its own. */
  readonly protocol: ShortCut;
  readonly errors: express.ErrorRequestHandler;
}

/** What matches must not end with the slash of the rest: express would pass it by. */
const pages =
  /^\/$|^\/tenants(?=\/|$)|^\/[^/]+\/admin(?:\/(?:callback|sign-out))?$|^\/[^/]+\/[^/]+\/(?:login|demo|account|approvals)(?=\/|$)|^\/[^/]+\/identity\/[^/]+\/(?:reset_password|register|activate|verify|set_webauthn)$/;

export function createApp(parts: AppParts): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');

  app.use(raiseEarlier);
  for (const router of parts.unpinned) app.use(router);
  app.use(parts.pinHost);
  for (const router of parts.operations) app.use(router);
  app.use(parts.management);
  app.use('/assets', parts.assets);
  app.use(pages, parts.pageHeaders);
  app.use(parts.home);
  app.use(parts.tenantFinder);
  app.use(parts.console);
  app.use(parts.logins);
  app.use(parts.accounts);
  app.use(parts.ownAccounts);
  app.use(parts.approvals);
  app.use(parts.demo);
  app.use(parts.extensions);
  app.use(parts.bearer);
  app.use(() => {
    throw new PlatformError('not_found', 'there is nothing at this address');
  });
  app.use(parts.errors);
  return createFrontDoor({ preamble: parts.preamble, pinHost: parts.pinHost, shortCut: parts.protocol, app });
}
