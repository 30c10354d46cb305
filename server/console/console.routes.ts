/** `/{tid}/admin`: the tenant's own login for those who administer it, and where they arrive. */
import { Router, type NextFunction, type Request, type Response } from 'express';
import type { Permissions, RoleBearer } from '../access/role.ts';
import { chosenIdPattern, clientId, tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { relyingApplication } from '../relying-party/application.ts';
import type { OwnApplication, OwnClients } from '../relying-party/own-client.service.ts';
import { signedOutState } from '../relying-party/relying-party.ts';
import { describe, explain, statusOfFault } from '../relying-party/sign-in-failure.ts';
import { pathOf, type SignIn, type SignInPlace } from '../relying-party/sign-in.ts';
import type { Tenant, TenantStore } from '../tenants/tenant.ts';
import { pickLocale } from '../themes/locale.ts';
import type { PageData, PageName } from '../themes/pages.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';

/** Every workspace `admin` has its client once somebody asks. */
export const consoleApplication: OwnApplication = {
  idIn: () => clientId('console'),
  title: 'console.title',
  scope: 'openid profile email',
};

export interface ConsoleRoutesDeps {
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly clients: OwnClients;
  readonly signIn: SignIn;
  readonly permissionsOf: (caller: RoleBearer) => Promise<Permissions>;
  readonly issuerOf: (tenant: TenantId, workspace: WorkspaceId) => string;
  readonly renderer: Pick<Renderer, 'render' | 'locales'>;
  readonly referenceOf: (req: Request) => string;
  readonly onFailure: (failure: { readonly reference: string; readonly detail: string }) => void;
}

interface Place extends SignInPlace {
  readonly tenant: Tenant;
}

type Answer = (place: Place, req: Request, res: Response) => Promise<void>;

const admin = workspaceId('admin');

/** Mount at the root: the addresses are whole. The protocol of the same workspace is answered elsewhere. */
export function createConsoleRoutes(deps: ConsoleRoutesDeps): Router {
  const { signIn } = deps;

  const localeOf = (req: Request): string =>
    pickLocale({ acceptLanguage: req.headers['accept-language'] }, deps.renderer.locales);

  async function start(place: Place, req: Request, res: Response): Promise<void> {
    const { tenant, app } = place;
    const session = await signIn.find(place, req);
    if (session !== undefined) {
      const { clientId: client, subject, grantId } = session;
      const caller = { tenantId: tenant.id, workspaceId: admin, clientId: client, subject, grantId };
      const { roles, workspaces } = await deps.permissionsOf(caller);
      const page = { tenant, person: session.name, roles, workspaces, apiHref: '/api/docs' };
      draw(req, res, 200, 'console', {
        ...page,
        signOutAction: `${pathOf(app)}/sign-out`,
        otherTenantHref: '/tenants?more=1',
      });
    } else if (req.query['state'] === signedOutState) {
      const application = { name: app.nameIn(localeOf(req)), href: app.startUri };
      draw(req, res, 200, 'signed-out', { tenant, application });
    } else await signIn.begin(place, res);
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
        const { tenant, app } = place;
        draw(req, res, statusOfFault(reason), 'sign-in-error', {
          tenant,
          reason,
          technical,
          reference,
          startHref: pathOf(app),
        });
      }
    };
  }

  async function placeOf(tid: string): Promise<Place | undefined> {
    if (!chosenIdPattern.test(tid)) return undefined;
    const tenant = await deps.tenants.find(tenantId(tid));
    const workspace = tenant === undefined ? undefined : await deps.workspaces.find(tenant.id, admin);
    if (tenant === undefined || workspace === undefined) return undefined;
    const issuer = deps.issuerOf(tenant.id, admin);
    const app = relyingApplication(await deps.clients.of(workspace, issuer), issuer, issuer);
    return { tenant, tenantId: tenant.id, workspaceId: admin, app };
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

  return Router()
    .get('/:tid/admin', at(start))
    .get('/:tid/admin/callback', at(signIn.finish))
    .post('/:tid/admin/sign-out', at(signIn.signOut));
}
