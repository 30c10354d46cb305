/** Lets the pages of the Temporal UI, and no others, call `/ops/codec` with the operator's cookie or token. */
import type { RequestHandler } from 'express';
import { PlatformError } from '../kernel/errors.ts';

/** The origins of the Temporal UI on this machine. */
export function temporalUiOrigins(uiPort: number): readonly string[] {
  return [`http://localhost:${String(uiPort)}`, `http://127.0.0.1:${String(uiPort)}`];
}

/**
 * Answers preflights, and raises `forbidden` for a page of any other origin before anything is read: what a browser
 * does with an answer it may not show is too late.
 */
export function codecCors(origins: readonly string[]): RequestHandler {
  return (req, res, next) => {
    res.vary('Origin');
    const { origin } = req.headers;
    if (origin !== undefined) {
      if (!origins.includes(origin))
        throw new PlatformError('forbidden', 'Only the Temporal UI may call this address.');
      res.setHeader('Access-Control-Allow-Origin', origin);
      res.setHeader('Access-Control-Allow-Credentials', 'true');
    }
    if (req.method !== 'OPTIONS') {
      next();
      return;
    }
    res.setHeader('Access-Control-Allow-Methods', 'POST');
    res.setHeader('Access-Control-Allow-Headers', 'authorization, content-type, x-namespace');
    res.setHeader('Access-Control-Max-Age', '600');
    res.status(204).end();
  };
}
