/** What browsers are told about answers: strict for pages, short for API answers. */
import type { RequestHandler } from 'express';
import helmet from 'helmet';

const oneYear = 31_536_000;
const policyHeader = 'Content-Security-Policy';

/**
 * The floor for HTML: nothing inline, nothing foreign, no frames. A page that has a policy of its own sets it over this
 * one. @param options.https as the public origin has it
 */
export function pageHeaders(options: { readonly https: boolean }): RequestHandler {
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: options.https ? { maxAge: oneYear, includeSubDomains: false } : false,
    // `no-referrer` would turn the Origin of form posts into `null`, which the checks against forgery compare.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  return (req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=()');
    protect(req, res, next);
  };
}

/** For JSON: no caching, no sniffing, and nothing to run should a browser show it. */
export function apiHeaders(options: { readonly https: boolean }): RequestHandler {
  return (_req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader(policyHeader, "default-src 'none'; frame-ancestors 'none'");
    res.setHeader('Referrer-Policy', 'no-referrer');
    if (options.https) res.setHeader('Strict-Transport-Security', `max-age=${String(oneYear)}`);
    next();
  };
}
