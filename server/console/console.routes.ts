/** `/{tid}/admin`: the tenant's own login for those who administer it, and where they arrive. */
import { Router, type NextFunction, type Request, type Response } from 'express';
import type { Permissions, RoleBearer } from '../access/role.ts';
import type { VerifiedToken } from '../http/bearer.ts';
import { isFromOwnPage } from '../http/own-page.ts';
import type { Clock } from '../kernel/clock.ts';
import { chosenIdPattern, tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { relyingApplication, type RelyingApplication } from '../relying-party/application.ts';
import { signedOutState, type RelyingParty } from '../relying-party/relying-party.ts';
import { createSignInCookies } from '../relying-party/sign-in-cookies.ts';
import { describe, explain, SignInFailure } from '../relying-party/sign-in-failure.ts';
import type { Tenant, TenantStore } from '../tenants/tenant.ts';
import { pickLocale } from '../themes/locale.ts';
import type { PageData, PageName } from '../themes/pages.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import type { ConsoleClients } from './console-client.service.ts';
import { consoleSessionMs, readConsoleSession, writeConsoleSession } from './console-session.ts';

export interface ConsoleRoutesDeps {
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly clients: ConsoleClients;
  readonly relyingParty: Pick<RelyingParty, 'begin' | 'finish' | 'signOutLocation'>;
  readonly verify: (token: string, tenant: TenantId, workspace: WorkspaceId) => Promise<VerifiedToken | undefined>;
  readonly permissionsOf: (caller: RoleBearer) => Promise<Permissions>;
  readonly issuerOf: (tenant: TenantId, workspace: WorkspaceId) => string;
  readonly sealer: Sealer;
  readonly renderer: Pick<Renderer, 'render' | 'locales'>;
  readonly clock: Clock;
  readonly referenceOf: (req: Request) => string;
  readonly onFailure: (failure: { readonly reference: string; readonly detail: string }) => void;
}

interface Place {
  readonly tenant: Tenant;
  readonly app: RelyingApplication;
}

type Answer = (place: Place, req: Request, res: Response) => Promise<void>;

const admin = workspaceId('admin');

/** Mount at the root: the addresses are whole. The protocol of the same workspace is answered elsewhere. */
export function createConsoleRoutes(deps: ConsoleRoutesDeps): Router {
  const cookies = createSignInCookies(deps.sealer, 'console');

  async function start({ tenant, app }: Place, req: Request, res: Response): Promise<void> {
    const session = readConsoleSession(cookies.readSession(req, app), deps.clock.now());
    if (session !== undefined) {
      const { clientId, subject, grantId } = session;
      const caller = { tenantId: tenant.id, workspaceId: admin, clientId, subject, grantId };
      const { roles, workspaces } = await deps.permissionsOf(caller);
      const page = { tenant, person: session.name, roles, workspaces, apiHref: '/api/docs' };
      draw(req, res, 200, 'console', {
        ...page,
        signOutAction: `${pathOf(app)}/sign-out`,
        otherTenantHref: '/tenants?more=1',
      });
      return;
    }
    if (req.query['state'] === signedOutState) {
      draw(req, res, 200, 'signed-out', { tenant, application: { name: app.name, href: app.startUri } });
      return;
    }
    const { location, pending } = await deps.relyingParty.begin(app, {
      offline: false,
      consent: false,
      silent: false,
      maxAge: undefined,
    });
    cookies.writePending(res, app, pending);
    leave(res, location);
  }

  async function callback({ tenant, app }: Place, req: Request, res: Response): Promise<void> {
    const pending = cookies.readPending(req, app);
    cookies.clearPending(res, app);
    if (pending === undefined) throw new SignInFailure('answer_not_ours');
    const { claims, idToken, accessToken } = await deps.relyingParty.finish(
      app,
      pending,
      new URL(req.originalUrl, app.issuer).search,
    );
    const caller = await deps.verify(accessToken, tenant.id, admin);
    if (caller?.subject !== claims.sub || caller.grantId === undefined) throw new SignInFailure('answer_not_believed');
    const session = {
      clientId: caller.clientId,
      subject: claims.sub,
      grantId: caller.grantId,
      name: nameOf(claims),
      idToken,
      until: deps.clock.now() + consoleSessionMs,
    };
    cookies.writeSession(res, app, writeConsoleSession(session));
    leave(res, pathOf(app));
  }

  /** Ends the session here first: whatever the issuer answers, this browser is signed out of the console. */
  async function signOut({ app }: Place, req: Request, res: Response): Promise<void> {
    if (!isFromOwnPage(req, new URL(app.issuer).origin)) throw new SignInFailure('other_site');
    const session = readConsoleSession(cookies.readSession(req, app), deps.clock.now());
    cookies.clearSession(res, app);
    leave(res, session === undefined ? pathOf(app) : await deps.relyingParty.signOutLocation(app, session));
  }

  /** Finds the tenant or says that there is none; answers failures in words. */
  function at(answer: Answer) {
    return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
      const place = await placeOf(String(req.params['tid']));
      if (place === undefined) {
        next();
        return;
      }
      try {
        await answer(place, req, res);
      } catch (error) {
        const { reason, technical } = explain(error);
        const reference = deps.referenceOf(req);
        deps.onFailure({ reference, detail: `${reason}: ${describe(error)}` });
        const status = reason === 'other_site' ? 403 : reason === 'unreachable' ? 502 : 400;
        const { tenant, app } = place;
        draw(req, res, status, 'console-error', { tenant, reason, technical, reference, startHref: pathOf(app) });
      }
    };
  }

  async function placeOf(tid: string): Promise<Place | undefined> {
    if (!chosenIdPattern.test(tid)) return undefined;
    const tenant = await deps.tenants.find(tenantId(tid));
    const workspace = tenant === undefined ? undefined : await deps.workspaces.find(tenant.id, admin);
    if (tenant === undefined || workspace === undefined) return undefined;
    const issuer = deps.issuerOf(tenant.id, admin);
    return { tenant, app: relyingApplication(await deps.clients.of(workspace, issuer), issuer, issuer) };
  }

  function draw<Name extends PageName>(
    req: Request,
    res: Response,
    status: number,
    page: Name,
    data: PageData[Name],
  ): void {
    const locale = pickLocale({ acceptLanguage: req.headers['accept-language'] }, deps.renderer.locales);
    sendPage(res, status, deps.renderer.render(page, data, { locale }));
  }

  return Router()
    .get('/:tid/admin', at(start))
    .get('/:tid/admin/callback', at(callback))
    .post('/:tid/admin/sign-out', at(signOut));
}

const pathOf = ({ startUri }: RelyingApplication): string => new URL(startUri).pathname;

function nameOf(claims: Readonly<Record<string, unknown>> & { readonly sub: string }): string {
  const said = ['name', 'email', 'preferred_username'].map((claim) => claims[claim]);
  return said.find((value): value is string => typeof value === 'string' && value !== '') ?? claims.sub;
}

/** A redirect that is never kept by a cache. */
function leave(res: Response, location: string): void {
  res.set('Cache-Control', 'no-store').redirect(303, location);
}
