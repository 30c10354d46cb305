/** The demonstration application at `/{tid}/{aid}/demo`: an ordinary client of the workspace, where it is switched on. */
import express, { Router } from 'express';
import type { NextFunction, Request, Response } from 'express';
import { isFromOwnPage } from '../http/own-page.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { pickLocale } from '../themes/locale.ts';
import { describe, explain, SignInFailure, statusOfFault } from '../relying-party/sign-in-failure.ts';
import { createSignInCookies } from '../relying-party/sign-in-cookies.ts';
import { signedOutState, type RelyingParty } from '../relying-party/relying-party.ts';
import type { PageData, PageName } from '../themes/pages.ts';
import type { SignInFault } from '../themes/sign-in-faults.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import { accountPage } from './demo-account.ts';
import type { DemoApplication, DemoFinder } from './demo-application.ts';
import { createDemoSessions } from './demo-sessions.ts';
import type { DemoSession } from './demo-sessions.ts';

export interface DemoDeps {
  readonly find: DemoFinder;
  readonly relyingParty: RelyingParty;
  readonly sealer: Sealer;
  readonly renderer: Pick<Renderer, 'render' | 'locales'>;
  /** The trace id of a request: what an error page shows and the log is searched for. */
  readonly referenceOf: (req: Request) => string;
  /** Hears of every failure that was answered with an error page. */
  readonly onFailure: (failure: DemoReport) => void;
}

export interface DemoReport {
  readonly reference: string;
  readonly reason: SignInFault;
  /** For the log: what failed, without anything that was sent or received. */
  readonly detail: string;
}

type Answer = (app: DemoApplication, req: Request, res: Response) => Promise<void> | void;

/** Mount at the root: the addresses are whole. Everything below `/demo` is answered here. */
export function createDemoRoutes(deps: DemoDeps): Router {
  const cookies = createSignInCookies(deps.sealer, 'demo');
  const sessions = createDemoSessions();
  const form = express.urlencoded({ extended: false, limit: 2000, parameterLimit: 10 });
  const router = Router();

  router.get('/:tid/:aid/demo', at(start));
  router.post('/:tid/:aid/demo/login', form, at(ownPagesOnly(signIn)));
  router.get('/:tid/:aid/demo/callback', at(callback));
  router.post('/:tid/:aid/demo/refresh', form, at(ownPagesOnly(refresh)));
  router.post('/:tid/:aid/demo/userinfo', form, at(ownPagesOnly(userinfo)));
  router.post('/:tid/:aid/demo/introspect', form, at(ownPagesOnly(introspect)));
  router.post('/:tid/:aid/demo/logout', form, at(ownPagesOnly(signOut)));
  router.all('/:tid/:aid/demo{/*rest}', (req, res) => {
    draw(req, res, 404, 'not-found', { reference: deps.referenceOf(req) });
  });
  return router;

  function localeOf(req: Request): string {
    return pickLocale({ acceptLanguage: req.headers['accept-language'] }, deps.renderer.locales);
  }

  function start(app: DemoApplication, req: Request, res: Response): void {
    const id = cookies.readSession(req, app);
    const session = id === undefined ? undefined : sessions.find(app.place, id);
    if (id === undefined || session === undefined) {
      const notice = req.query['state'] === signedOutState ? 'signed_out' : undefined;
      if (id !== undefined) cookies.clearSession(res, app);
      draw(req, res, 200, 'demo-start', {
        ...frameOf(app, localeOf(req)),
        action: `/${app.place}/demo/login`,
        notice: id === undefined ? notice : 'session_lost',
      });
      return;
    }
    sessions.update(app.place, id, { ...session, notice: undefined });
    draw(req, res, 200, 'demo-account', accountPage(app, session, localeOf(req)));
  }

  async function signIn(app: DemoApplication, req: Request, res: Response): Promise<void> {
    const wish = fieldsOf(req);
    const { location, pending } = await deps.relyingParty.begin(app, {
      offline: wish.get('offline') === 'yes',
      consent: wish.get('consent') === 'yes',
      silent: wish.get('silent') === 'yes',
      maxAge: wish.get('max_age') === '0' ? 0 : undefined,
    });
    cookies.writePending(res, app, pending);
    leave(res, location);
  }

  async function callback(app: DemoApplication, req: Request, res: Response): Promise<void> {
    const pending = cookies.readPending(req, app);
    cookies.clearPending(res, app);
    if (pending === undefined) throw new SignInFailure('answer_not_ours');
    const tokens = await deps.relyingParty.finish(app, pending, new URL(req.originalUrl, app.issuer).search);
    const before = cookies.readSession(req, app);
    if (before !== undefined) sessions.close(app.place, before);
    const notice = pending.silent ? 'still_signed_in' : 'signed_in';
    cookies.writeSession(res, app, sessions.open(app.place, { tokens, notice }));
    leave(res, `/${app.place}/demo`);
  }

  async function refresh(app: DemoApplication, req: Request, res: Response): Promise<void> {
    await change(app, req, res, async ({ tokens }) => ({
      tokens: await deps.relyingParty.refresh(app, tokens),
      notice: 'refreshed',
    }));
  }

  async function userinfo(app: DemoApplication, req: Request, res: Response): Promise<void> {
    await change(app, req, res, async (session) => ({
      ...session,
      userinfo: await deps.relyingParty.userinfo(app, session.tokens),
    }));
  }

  async function introspect(app: DemoApplication, req: Request, res: Response): Promise<void> {
    await change(app, req, res, async (session) => ({
      ...session,
      introspection: await deps.relyingParty.introspect(app, session.tokens),
    }));
  }

  /** Ends the session here first: whatever the issuer answers, this application has forgotten its tokens. */
  async function signOut(app: DemoApplication, req: Request, res: Response): Promise<void> {
    const id = cookies.readSession(req, app);
    const session = id === undefined ? undefined : sessions.find(app.place, id);
    if (id !== undefined) sessions.close(app.place, id);
    cookies.clearSession(res, app);
    leave(
      res,
      session === undefined
        ? `/${app.place}/demo`
        : await deps.relyingParty.signOutLocation(app, session.tokens.idToken),
    );
  }

  async function change(
    app: DemoApplication,
    req: Request,
    res: Response,
    work: (session: DemoSession) => Promise<DemoSession>,
  ): Promise<void> {
    const id = cookies.readSession(req, app);
    const session = id === undefined ? undefined : sessions.find(app.place, id);
    if (id !== undefined && session !== undefined) sessions.update(app.place, id, await work(session));
    leave(res, `/${app.place}/demo`);
  }

  /** Finds the application or says that there is none; answers failures in words. */
  function at(answer: Answer) {
    return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
      const app = await deps.find(String(req.params['tid']), String(req.params['aid']));
      if (app === undefined) {
        next();
        return;
      }
      try {
        await answer(app, req, res);
      } catch (error) {
        const { reason, technical } = explain(error);
        const reference = deps.referenceOf(req);
        deps.onFailure({ reference, reason, detail: describe(error) });
        const startHref = `/${app.place}/demo`;
        draw(req, res, statusOfFault(reason), 'demo-error', {
          ...frameOf(app, localeOf(req)),
          reason,
          technical,
          reference,
          startHref,
        });
      }
    };
  }

  function draw<Name extends PageName>(
    req: Request,
    res: Response,
    status: number,
    page: Name,
    data: PageData[Name],
  ): void {
    sendPage(res, status, deps.renderer.render(page, data, { locale: localeOf(req) }));
  }
}

/** Lets a POST through only from this origin's own pages. */
function ownPagesOnly(answer: Answer): Answer {
  return (app, req, res) => {
    if (!isFromOwnPage(req, new URL(app.issuer).origin)) throw new SignInFailure('other_site');
    return answer(app, req, res);
  };
}

const frameOf = (app: DemoApplication, locale: string) => ({
  tenant: { name: app.tenantName },
  application: { name: app.nameIn(locale) },
});

function fieldsOf(req: Request): ReadonlyMap<string, unknown> {
  const body: unknown = req.body;
  return new Map(typeof body === 'object' && body !== null ? Object.entries(body) : []);
}

/** A redirect after a POST, which a reload does not repeat; never kept by a cache. */
function leave(res: Response, location: string): void {
  res.set('Cache-Control', 'no-store').redirect(303, location);
}
