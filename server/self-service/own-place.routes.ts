/** The workspace whose pages somebody is at who looks after their account, or decides over others; and signing in to them. */
import type { Request, RequestHandler, Response } from 'express';
import type { Client } from '../clients/client.ts';
import { limitTo, type RateLimiter } from '../http/rate-limit.ts';
import type { IdpStore } from '../idps/idp.ts';
import { isPlatformError } from '../kernel/errors.ts';
import { chosenIdPattern, tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { relyingApplication } from '../relying-party/application.ts';
import type { OwnClients } from '../relying-party/own-client.service.ts';
import { describe, explain, statusOfFault } from '../relying-party/sign-in-failure.ts';
import type { SignInSession } from '../relying-party/sign-in-session.ts';
import type { OwnWish, SignIn, SignInPlace } from '../relying-party/sign-in.ts';
import type { Tenant, TenantStore } from '../tenants/tenant.ts';
import { pickLocale } from '../themes/locale.ts';
import type { PageData, PageName } from '../themes/pages.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import type { Workspace, WorkspaceStore } from '../workspaces/workspace.ts';
import { hasOwnAccounts, type OwnSegment } from './own-account.ts';

export interface OwnPlace extends SignInPlace {
  readonly tenant: Tenant;
  /** Path where the pages begin. */
  readonly base: string;
}

type Answer = (place: OwnPlace, req: Request, res: Response) => Promise<void>;

export interface OwnPlaces {
  /** Leaves to whoever is mounted next what is no such workspace. */
  at(answer: Answer): RequestHandler;
  /** The issuer's answer. */
  readonly finish: RequestHandler;
  readonly signOut: RequestHandler;
  /** Sends the browser to sign in, and then back to where it is. */
  signIn(place: OwnPlace, req: Request, res: Response, wish?: Omit<OwnWish, 'to'>): Promise<void>;
  sessionAt(place: OwnPlace, req: Request): Promise<SignInSession | undefined>;
  localeOf(req: Request): string;
  draw<Name extends PageName>(
    to: { readonly res: Response; readonly locale: string },
    status: number,
    page: Name,
    data: PageData[Name],
  ): void;
}

export interface OwnPlacesDeps {
  /** Which of the applications it is. */
  readonly segment: OwnSegment;
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly idps: Pick<IdpStore, 'list'>;
  readonly clients: OwnClients;
  readonly signIn: SignIn;
  readonly issuerOf: (tenant: TenantId, workspace: WorkspaceId) => string;
  /** How often one address may be sent to sign in. */
  readonly strangers: RateLimiter;
  /** The client's address in the form that throttling counts by. */
  readonly addressOf: (req: Request) => string;
  readonly renderer: Pick<Renderer, 'render' | 'locales'>;
  readonly referenceOf: (req: Request) => string;
  readonly onFailure: (failure: { readonly reference: string; readonly detail: string }) => void;
}

export function createOwnPlaces(deps: OwnPlacesDeps): OwnPlaces {
  const { segment, tenants, workspaces, idps, clients, renderer } = deps;
  const localeOf = (req: Request): string =>
    pickLocale({ acceptLanguage: req.headers['accept-language'] }, renderer.locales);

  async function placeOf({ tid, aid }: Request['params']): Promise<OwnPlace | undefined> {
    if (!chosenIdPattern.test(String(tid)) || !chosenIdPattern.test(String(aid))) return undefined;
    const tenant = await tenants.find(tenantId(String(tid)));
    if (tenant === undefined) return undefined;
    const workspace = await workspaces.find(tenant.id, workspaceId(String(aid)));
    if (workspace === undefined || !(await hasOwnAccounts(idps, tenant.id, workspace.id))) return undefined;
    const issuer = deps.issuerOf(tenant.id, workspace.id);
    const startUri = `${issuer}/${segment}`;
    const client = await clientOf(workspace, startUri);
    if (client === undefined) return undefined;
    const base = `/${tenant.id}/${workspace.id}/${segment}`;
    const app = relyingApplication(client, issuer, startUri);
    return { tenant, tenantId: tenant.id, workspaceId: workspace.id, app, base };
  }

  /** @returns undefined where the workspace wants of its clients what ours cannot do */
  async function clientOf(workspace: Workspace, startUri: string): Promise<Client | undefined> {
    try {
      return await clients.of(workspace, startUri);
    } catch (error) {
      if (isPlatformError(error, 'unprocessable_entity')) return undefined;
      throw error;
    }
  }

  const at =
    (answer: Answer): RequestHandler =>
    async (req, res, next) => {
      const place = await placeOf(req.params);
      if (place === undefined) next();
      else await answer(place, req, res);
    };

  const draw: OwnPlaces['draw'] = ({ res, locale }, status, page, data) => {
    sendPage(res, status, renderer.render(page, data, { locale }));
  };

  /** What fails between us and the issuer is answered in words. */
  const orSay = async (place: OwnPlace, req: Request, res: Response, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (isPlatformError(error)) throw error;
      const { reason, technical } = explain(error);
      const reference = deps.referenceOf(req);
      deps.onFailure({ reference, detail: `${reason}: ${describe(error)}` });
      const { tenant, base: startHref } = place;
      const page = { tenant, reason, technical, reference, startHref };
      draw({ res, locale: localeOf(req) }, statusOfFault(reason), 'sign-in-error', page);
    }
  };

  return {
    at,
    localeOf,
    draw,
    finish: at((place, req, res) => orSay(place, req, res, () => deps.signIn.finish(place, req, res))),
    signOut: at((place, req, res) => orSay(place, req, res, () => deps.signIn.signOut(place, req, res))),
    async signIn(place, req, res, wish) {
      limitTo(deps.strangers, deps.addressOf(req));
      await orSay(place, req, res, () => deps.signIn.begin(place, res, { ...wish, to: req.path }));
    },
    sessionAt: (place, req) => deps.signIn.find(place, req),
  };
}
