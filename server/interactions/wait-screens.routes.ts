/** Pages of a login that goes on without its person, or does not: a script is at work, failed, or nothing can be done just now. */
import type { Request, Response } from 'express';
import { scriptStep } from '../../workflows/contract/authentication.ts';
import { clientNameIn } from '../clients/client.ts';
import type { LoginCanvas } from './login-canvas.routes.ts';
import { waitingPage } from './login-pages.ts';
import type { ScriptRest } from './script-pages.ts';
import type { Visit } from './login-visit.routes.ts';

export interface WaitScreens {
  /** A script decides over the login. @param rest undefined while it is at work */
  waiting(visit: Visit, req: Request, res: Response, rest: ScriptRest | undefined): void;
  /** A script ended the login by failing. @param reference of its run */
  scriptFailed(visit: Visit, req: Request, res: Response, reference: string): void;
  /** Logins cannot go on just now; what was proven is kept. */
  unavailable(visit: Visit, req: Request, res: Response, retryAfterSeconds: number): void;
}

/** How often a page that waits asks again: soon while a script is at work, seldom while it sleeps for long. */
const soonSeconds = 2;
const seldomSeconds = 30;
/** While people decide, who may do so at any moment. */
const decidedSeconds = 10;

export function createWaitScreens({ draw, groundOf, localeOf, referenceOf }: LoginCanvas): WaitScreens {
  return {
    waiting(visit, req, res, rest) {
      const leftSeconds = Math.ceil((rest?.leftMs ?? 0) / 1000);
      const most = rest?.approval === undefined ? seldomSeconds : decidedSeconds;
      // By the header, so that the page goes on without a script and holds none.
      res.set('Refresh', String(Math.min(Math.max(leftSeconds, soonSeconds), most)));
      draw(req, res, 200, 'waiting', waitingPage(groundOf(visit, req, scriptStep), leftSeconds, rest?.approval), visit);
    },

    scriptFailed(visit, req, res, reference) {
      const { client, request } = visit;
      const back = { name: clientNameIn(client, localeOf(req, visit)), href: request.returnTo };
      const tenant = { name: visit.tenantName };
      draw(req, res, 403, 'error', { tenant, reference, reason: 'script_failed', back }, visit);
    },

    unavailable(visit, req, res, retryAfterSeconds) {
      res.set('Retry-After', String(retryAfterSeconds));
      const data = {
        tenant: { name: visit.tenantName },
        reference: referenceOf(req),
        retryHref: visit.path,
        retryAfterSeconds,
      };
      draw(req, res, 503, 'unavailable', data, visit);
    },
  };
}
