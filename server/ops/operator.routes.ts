/** `/ops`: where an operator's browser signs in to read logins in the Temporal UI, and signs out. */
import { Router } from 'express';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { operatorOf } from '../access/operator.ts';
import type { OperatorCandidate } from '../access/operator.ts';
import { formBody } from '../http/bodies.ts';
import { clientAddress } from '../http/client-address.ts';
import { fromOwnPage } from '../http/own-page.ts';
import { rateLimit } from '../http/rate-limit.ts';
import type { RateLimiter } from '../http/rate-limit.ts';
import type { OperatorSessions } from './operator-session.ts';

/** What the page shows. Its forms post `tenant`, `client_id`, `client_secret` to `/ops`, and nothing to `/ops/sign-out`. */
export interface OperatorPage {
  /** Client and tenant that are signed in; undefined shows the form. */
  readonly operator: { readonly name: string; readonly tenantId: string; readonly allTenants: boolean } | undefined;
  /** True after credentials that were not accepted. Which of them was wrong is not told. */
  readonly failed: boolean;
  /** What was typed before, kept; never the secret. */
  readonly typed: { readonly tenant: string; readonly clientId: string };
}

export interface OperatorRoutesDeps {
  readonly sessions: OperatorSessions;
  /** Attempts by address; a handful a minute. */
  readonly attempts: RateLimiter;
  /** Compares in constant time; undefined for an unknown client as for a wrong secret. */
  readonly verifyClient: (tenantId: string, clientId: string, secret: string) => Promise<OperatorCandidate | undefined>;
  /** Sends the page with the headers that pages have. */
  readonly sendPage: (req: Request, res: Response, status: number, page: OperatorPage) => void | Promise<void>;
}

const field = z.string().max(512).default('');
const formSchema = z.object({ tenant: field, client_id: field, client_secret: field });
const nothingTyped = { tenant: '', clientId: '' };

/** Needs `pinHost` and `readClientAddress` before it. */
export function operatorRoutes({ sessions, attempts, verifyClient, sendPage }: OperatorRoutesDeps): Router {
  const router = Router();

  router.get('/ops', async (req, res) => {
    await sendPage(req, res, 200, { operator: sessions.find(req), failed: false, typed: nothingTyped });
  });

  router.post(
    '/ops',
    fromOwnPage,
    rateLimit(attempts, (req) => clientAddress(req).throttleKey),
    formBody(4 * 1024),
    async (req, res) => {
      const form = formSchema.safeParse(req.body ?? {});
      const typed = form.success ? { tenant: form.data.tenant, clientId: form.data.client_id } : nothingTyped;
      const operator = form.success
        ? operatorOf(await verifyClient(typed.tenant, typed.clientId, form.data.client_secret))
        : undefined;
      if (!operator) {
        await sendPage(req, res, 401, { operator: undefined, failed: true, typed });
        return;
      }
      sessions.begin(res, operator);
      res.redirect(303, '/ops');
    },
  );

  router.post('/ops/sign-out', fromOwnPage, (_req, res) => {
    sessions.end(res);
    res.redirect(303, '/ops');
  });

  return router;
}
