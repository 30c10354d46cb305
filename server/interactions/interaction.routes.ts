/** The pages of a login. GET shows the step the person is at; each POST completes one. `/{tid}/{aid}/login/{uid}` and below. */
import express, { Router, type Request, type Response } from 'express';
import { authenticateStep, consentStep } from '../../workflows/contract/authentication.ts';
import { visitLogin, type LoginVisitDeps, type Visit } from './login-visit.routes.ts';
import type { LoginScreens } from './login-screens.routes.ts';
import type { LoginMoves } from './login-moves.routes.ts';

export interface InteractionRoutesDeps {
  readonly visits: LoginVisitDeps;
  readonly screens: LoginScreens;
  readonly moves: LoginMoves;
}

type Handler = (visit: Visit, req: Request, res: Response) => Promise<void>;

/** Form fields the pages post: small, few, flat. */
const form = express.urlencoded({ extended: false, limit: '32kb', parameterLimit: 300 });

export function createInteractionRoutes({ visits, screens, moves }: InteractionRoutesDeps): Router {
  /** Only the browser that began the login gets past this line; every other one is told what to do. */
  const inLogin = (handler: Handler) => async (req: Request, res: Response) => {
    const visit = await visitLogin(visits, req, res);
    if (visit.kind === 'here') await handler(visit, req, res);
    else if (visit.kind === 'moved') res.redirect(303, visit.path);
    else screens.missed(req, res, visit);
  };

  /** A browser that never got its form's answer may ask for the form's address, after a restart say. */
  const back = inLogin((visit, _req, res) => Promise.resolve(res.redirect(303, visit.path)));

  /** A form of a login that has ended does nothing: the login's address says what became of it. */
  const whileOpen = (handler: Handler) =>
    inLogin((visit, req, res) =>
      visit.interaction.state === 'open' ? handler(visit, req, res) : Promise.resolve(res.redirect(303, visit.path)),
    );

  /** Whoever brings a ticket brings it to where their login is by now. */
  const comeBack = async (req: Request, res: Response) => {
    const visit = await visitLogin(visits, req, res);
    if (visit.kind === 'here' && visit.interaction.state === 'open') await moves.comeBack(visit, req, res);
    else if (visit.kind === 'here') res.redirect(303, visit.path);
    else if (visit.kind === 'moved') res.redirect(303, `${visit.path}/return${req.url.replace(/^[^?]*/, '')}`);
    else screens.missed(req, res, visit);
  };

  const router = Router({ mergeParams: true });
  const page = '/:tid/:aid/login/:uid';
  router.get(page, inLogin(moves.show));
  router.get(`${page}/return`, comeBack);
  for (const posted of [authenticateStep, consentStep, 'start-over', 'cancel', 'steps/:step']) {
    router.get(`${page}/${posted}`, back);
  }
  router.post(`${page}/${authenticateStep}`, form, whileOpen(moves.authenticate));
  router.post(`${page}/${consentStep}`, form, whileOpen(moves.decide));
  router.post(`${page}/start-over`, form, whileOpen(moves.startOver));
  router.post(`${page}/cancel`, form, whileOpen(moves.cancel));
  router.post(`${page}/steps/:step`, form, whileOpen(moves.passStep));
  return router;
}
