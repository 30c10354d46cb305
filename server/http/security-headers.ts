/** What browsers are told about answers: strict for pages, short for API answers. */
import type { RequestHandler } from 'express';
import helmet from 'helmet';

const oneYear = 31_536_000;
const policyHeader = 'Content-Security-Policy';

/**
 * Whether a page stays in reach of the window that opened it (HTML §7.1.3, Cross-Origin-Opener-Policy): one of a login
 * does, so that an application in a popup has its opener when it comes back; all others are alone.
 */
export const openerPolicies = { kept: 'unsafe-none', severed: 'same-origin' } as const;
export const openerPolicyHeader = 'Cross-Origin-Opener-Policy';

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
    // Each page says so for itself; a redirect that said `same-origin` would sever an application from its login too.
    crossOriginOpenerPolicy: false,
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
