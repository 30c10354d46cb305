/** Lets a form through only from this server's own pages. */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { PlatformError } from '../kernel/errors.ts';
import { requestOrigin } from './host.ts';

/** Browsers name the page that a POST comes from, with one header or the other. @param origin the one our pages have */
export function isFromOwnPage(req: IncomingMessage, origin: string): boolean {
  const given = req.headers.origin;
  return given === undefined ? req.headers['sec-fetch-site'] === 'same-origin' : given === origin;
}

/** Needs `pinHost` before it. Raises `forbidden`. */
export const fromOwnPage: RequestHandler = (req, _res, next) => {
  if (!isFromOwnPage(req, requestOrigin(req).origin)) {
    throw new PlatformError('forbidden', 'The form has to be sent from this server’s own page.');
  }
  next();
};
