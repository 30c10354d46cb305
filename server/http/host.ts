/** Pins each request to a configured origin: whatever derives from Host (issuers, audiences, links) derives from the configuration. */
import type { IncomingMessage } from 'node:http';
import { PlatformError } from '../kernel/errors.ts';
import { clientAddress } from './client-address.ts';
import type { Middleware } from './front-door.ts';
import type { PublicOrigins } from './public-origin.ts';
import { tenantOfPath } from './tenant-path.ts';

export interface RequestOrigin {
  /** The configured origin this request was sent to, e.g. `https://acme.id.example.com`. */
  readonly origin: string;
  /** The tenant whose origin it is; absent where one origin serves all. */
  readonly tenantId?: string;
}

const known = new WeakMap<IncomingMessage, RequestOrigin>();

/** @throws PlatformError `internal` where `pinHost` was not mounted before */
export function requestOrigin(req: IncomingMessage): RequestOrigin {
  const origin = known.get(req);
  if (!origin)
    throw new PlatformError('internal', 'Something went wrong.', { cause: new Error('pinHost is not mounted') });
  return origin;
}

const forwardingHeader = /^(x-forwarded-.*|forwarded|x-real-ip|x-original-url|x-rewrite-url|x-original-host|x-host)$/;

/** Removes every forwarding header; what they said of a trusted proxy's client was read before. */
function dropForwarded(req: IncomingMessage): void {
  for (const name of Object.keys(req.headers)) {
    if (forwardingHeader.test(name)) Reflect.deleteProperty(req.headers, name);
  }
}

/** The one Host a request names, by its header or a trusted proxy's X-Forwarded-Host; undefined when it names none or several. */
function hostOf(req: IncomingMessage): string | undefined {
  const hosts = req.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length !== 1) return undefined;
  const forwarded = req.headers['x-forwarded-host'];
  return clientAddress(req).proxied && typeof forwarded === 'string' ? forwarded : req.headers.host;
}

/**
 * An absolute request target carries a host of its own (RFC 9112 §3.2.2), which has to be a configured one too; afterwards
 * it is the plain path, so that nothing behind sees two hosts.
 */
function targetOf(req: IncomingMessage): { readonly path: string; readonly host?: string } | undefined {
  const { url = '' } = req;
  if (url.startsWith('/')) return { path: url };
  const [, host, path = ''] = /^https?:\/\/([^/?#@]+)((?:[/?#].*)?)$/i.exec(url) ?? [];
  return host === undefined ? undefined : { host, path: path.startsWith('/') ? path : `/${path}` };
}

/**
 * Needs `readClientAddress` before it. Afterwards `host`, `x-forwarded-proto` and `x-forwarded-for` say what the
 * configuration and the trusted proxies say, so that an engine which believes them (`proxy: true`) cannot be misled.
 * Raises `bad_request` for a request without one Host, `misdirected_request` for a host that is not configured, and
 * `not_found` for the path of a tenant on another tenant's origin.
 */
export function pinHost(origins: PublicOrigins): Middleware {
  return (req, _res, next) => {
    const host = hostOf(req);
    const target = targetOf(req);
    if (host === undefined || target === undefined) {
      throw new PlatformError('bad_request', 'The request has to name one host and one path.');
    }
    const matched = origins.match(host);
    const targetMatched = target.host === undefined ? matched : origins.match(target.host);
    if (!matched || matched.origin !== targetMatched?.origin) {
      throw new PlatformError(
        'misdirected_request',
        'This server does not answer for that host. Use its public address.',
      );
    }
    dropForwarded(req);
    req.url = target.path;
    const pathTenant = tenantOfPath(target.path.split('?', 1)[0] ?? '');
    if (matched.tenantId !== undefined && pathTenant !== undefined && pathTenant !== matched.tenantId) {
      throw new PlatformError('not_found', 'There is nothing at this address.');
    }
    const [protocol, canonicalHost] = matched.origin.split('://', 2);
    req.headers.host = canonicalHost;
    req.headers['x-forwarded-proto'] = protocol;
    req.headers['x-forwarded-for'] = clientAddress(req).address;
    known.set(req, matched);
    next();
  };
}
