/** `GET /metrics`: for a bearer of the configured token, or for this machine where there is none. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Router } from 'express';
import type { Request, Response } from 'express';
import { bearerToken, refuse } from '../http/bearer.ts';
import { isLocal } from '../http/local-request.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Metrics } from './metrics.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function authorise(req: Request, res: Response, token: string | undefined): void {
  if (token === undefined) {
    if (!isLocal(req))
      throw new PlatformError('forbidden', 'Metrics are for this machine only unless METRICS_TOKEN is set.');
    return;
  }
  const given = bearerToken(req);
  if (given === undefined) throw refuse(res);
  if (!timingSafeEqual(digest(given), digest(token))) throw refuse(res, 'invalid_token');
}

/** Mounted before `pinHost`, which would refuse a scraper that uses the machine's own address. */
export function metricsRoutes(deps: { readonly metrics: Metrics; readonly token: string | undefined }): Router {
  return Router().get('/metrics', async (req, res) => {
    authorise(req, res, deps.token);
    const { contentType, body } = await deps.metrics.expose();
    res.set('Cache-Control', 'no-store').set('Content-Type', contentType).send(body);
  });
}
