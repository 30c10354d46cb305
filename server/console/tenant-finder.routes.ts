/** `/tenants`: the first pages of administration, where people say which tenant is theirs, or have its name mailed to them. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { tenantAddress, type Region } from '../config/regions.ts';
import { formBody } from '../http/bodies.ts';
import { clientAddress } from '../http/client-address.ts';
import { requestOrigin } from '../http/host.ts';
import { fromOwnPage } from '../http/own-page.ts';
import { rateLimit, type RateLimiter } from '../http/rate-limit.ts';
import { chosenIdPattern } from '../kernel/ids.ts';
import { isMailAddress } from '../messages/message.ts';
import { pickLocale } from '../themes/locale.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import type { TenantChoicePage } from '../themes/tenant-pages.ts';
import { tenantAddressSources } from './tenant-address-sources.ts';
import type { KnownTenant, KnownTenants } from './known-tenants.ts';
import type { TenantFinder } from './tenant-finder.service.ts';

export interface TenantFinderRoutesDeps {
  readonly finder: TenantFinder;
  readonly known: KnownTenants;
  /** All that are configured; where there is one deployment alone, that one without a name. */
  readonly regions: readonly Region[];
  /** Of this deployment: it looks up its own tenants, and sends people on to the others'. */
  readonly here: Region;
  /** Where these pages are: with an origin per tenant, the root tenant's, since a cookie belongs to one host. */
  readonly origin: string;
  /** False where no mail can be sent: then nobody is offered one. */
  readonly mails: boolean;
  readonly attempts: RateLimiter;
  readonly renderer: Pick<Renderer, 'render' | 'locales'>;
}

const field = z.string().max(320).default('');
const choiceForm = z.object({ tenant: field, region: field.optional(), known: z.string().max(110).optional() });
const addressForm = z.object({ address: field });
const shortForm = formBody(4 * 1024);
/** Suggested at once; the others stand behind «More tenants». */
const fewTenants = 3;

export function tenantFinderRoutes(deps: TenantFinderRoutesDeps): Router {
  const { finder, known, regions, here, origin } = deps;
  const limited = rateLimit(deps.attempts, (req) => clientAddress(req).throttleKey);
  const isOne = regions.length === 1;
  const regionNamed = (name: string): Region | undefined => regions.find((region) => region.name === name);
  const localeOf = (req: Request): string =>
    pickLocale({ acceptLanguage: req.headers['accept-language'] }, deps.renderer.locales);

  /** Those whose region is gone, or that are gone from this one, are suggested no more. */
  async function suggestions(req: Request) {
    const shown = await Promise.all(
      known.read(req).map(async ({ tenantId, region }) => {
        const at = regionNamed(region);
        const tenant = at === here ? await finder.find(tenantId) : undefined;
        if (at === undefined || (at === here && tenant === undefined)) return [];
        const value = `${tenantId}/${region}`;
        return [{ value, id: tenantId, name: tenant?.name ?? tenantId, region: isOne ? undefined : region }];
      }),
    );
    return shown.flat();
  }

  async function draw(req: Request, res: Response, status: number, said: Partial<TenantChoicePage>): Promise<void> {
    const all = await suggestions(req);
    const isForm = all.length === 0 || req.query['more'] !== undefined || said.fault !== undefined;
    const page: TenantChoicePage = {
      known: isForm ? all : all.slice(0, fewTenants),
      form: isForm,
      typed: '',
      regions: isOne ? [] : regions.map(({ name }) => ({ name, selected: name === here.name })),
      reminderHref: deps.mails ? '/tenants/forgot' : undefined,
      ...said,
    };
    // The form ends at the tenant's own address, which Chromium asks the policy about.
    const formSources = tenantAddressSources(regions);
    sendPage(res, status, deps.renderer.render('tenant-choice', page, { locale: localeOf(req), formSources }));
  }

  function leave(req: Request, res: Response, region: Region, tenantId: string): void {
    known.remember(req, res, { tenantId, region: region.name });
    res.set('Cache-Control', 'no-store').redirect(303, tenantAddress(region, tenantId));
  }

  async function choose(req: Request, res: Response): Promise<void> {
    const form = choiceForm.safeParse(req.body ?? {});
    const wanted = form.success && form.data.known !== undefined ? suggested(req, form.data.known) : undefined;
    if (wanted !== undefined) {
      const region = regionNamed(wanted.region);
      if (region !== undefined) {
        leave(req, res, region, wanted.tenantId);
        return;
      }
    }
    const typed = form.success ? form.data.tenant.trim() : '';
    const region = isOne ? here : regionNamed((form.success ? form.data.region : undefined) ?? here.name);
    const id = typed.toLowerCase();
    const chosen = regions.map(({ name }) => ({ name, selected: name === region?.name }));
    const refuse = (fault: NonNullable<TenantChoicePage['fault']>) =>
      draw(req, res, 422, { fault, typed, regions: isOne ? [] : chosen });
    if (typed === '') await refuse('tenant_missing');
    else if (region === undefined || !chosenIdPattern.test(id)) await refuse('tenant_unknown');
    else if (region === here && (await finder.find(id)) === undefined) await refuse('tenant_unknown');
    else leave(req, res, region, id);
  }

  /** Only what the browser was really suggested. */
  function suggested(req: Request, value: string): KnownTenant | undefined {
    return known.read(req).find(({ tenantId, region }) => `${tenantId}/${region}` === value);
  }

  function drawReminder(req: Request, res: Response, status: number, typed: string, fault: boolean): void {
    const others = regions.filter((region) => region !== here);
    const page = {
      typed,
      fault,
      region: isOne ? undefined : here.name,
      otherRegions: others.map(({ name, publicUrl }) => ({
        name,
        href: `${publicUrl.replace('{tenant}', 'system')}/tenants/forgot`,
      })),
    };
    sendPage(res, status, deps.renderer.render('tenant-reminder', page, { locale: localeOf(req) }));
  }

  const router = Router();
  router.use('/tenants', (req, res, next) => {
    if (requestOrigin(req).origin === origin) next();
    else res.redirect(307, `${origin}${req.originalUrl}`);
  });
  router.get('/tenants', (req, res) => draw(req, res, 200, {}));
  router.post('/tenants', fromOwnPage, limited, shortForm, choose);
  router.post('/tenants/forget', fromOwnPage, (_req, res) => {
    known.forget(res);
    res.set('Cache-Control', 'no-store').redirect(303, '/tenants');
  });
  if (!deps.mails) return router;

  router.get('/tenants/forgot', (req, res) => {
    drawReminder(req, res, 200, '', false);
  });
  router.post('/tenants/forgot', fromOwnPage, limited, shortForm, (req, res) => {
    const form = addressForm.safeParse(req.body ?? {});
    const address = form.success ? form.data.address.trim() : '';
    if (!isMailAddress(address)) {
      drawReminder(req, res, 422, address, true);
      return;
    }
    finder.remind(address, localeOf(req));
    res.set('Cache-Control', 'no-store').redirect(303, '/tenants/forgot/sent');
  });
  router.get('/tenants/forgot/sent', (req, res) => {
    sendPage(res, 200, deps.renderer.render('tenant-reminder-sent', {}, { locale: localeOf(req) }));
  });
  return router;
}
