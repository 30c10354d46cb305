/** `/{tid}/identity/{pool}/…`: where people register, activate, set a password anew and confirm an address. */
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { longestPasswordBytes } from '../credentials/password/hasher.ts';
import { formBody } from '../http/bodies.ts';
import { fromOwnPage } from '../http/own-page.ts';
import { PlatformError } from '../kernel/errors.ts';
import { poolId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { Pool, PoolStore } from '../pools/pool.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import type { AccountCodePage, AccountFault, AccountNamePage } from '../themes/account-pages.ts';
import { pickLocale } from '../themes/locale.ts';
import type { PasswordRuleShown } from '../themes/password-rules.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import { normalizeAddress } from '../users/address.ts';
import type { AccountQueries, CodeOwner } from './account-query.ts';
import {
  isOfferedTo,
  pathOf,
  type AccountAt,
  type AccountErrand,
  type AccountOutcome,
  type AccountService,
  type ShownCode,
} from './account.ts';

export interface AccountRoutesDeps {
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly pools: Pick<PoolStore, 'find'>;
  readonly service: AccountService;
  readonly queries: AccountQueries;
  readonly rulesOf: (pool: Pool, failed: readonly string[]) => readonly PasswordRuleShown[];
  readonly renderer: Pick<Renderer, 'render' | 'locales'>;
  /** The client's address in the form that throttling counts by. */
  readonly addressOf: (req: Request) => string;
}

const field = z.string().max(2048).catch('');
const form = z.object({ identifier: field, code: field, password: field });
const shortForm = formBody(16 * 1024);
const longestIdentifier = 320;

/** One visit to a page of a pool. */
interface Visit {
  readonly req: Request;
  readonly res: Response;
  readonly pool: Pool;
  readonly tenantName: string;
  readonly at: AccountAt;
  readonly errand: AccountErrand;
  /** Path of the login that waits. */
  readonly login: string | undefined;
  /** Of whom the code that is asked for is; undefined before that, and where a link says it. */
  readonly owner: CodeOwner | undefined;
  /** Of a link. */
  readonly linkCode: string | undefined;
}

/** Where the person goes on, told what came of it. */
const noticeOf = { reset: 'password_changed', register: 'account_active', activate: 'account_active' } as const;

export function createAccountRoutes(deps: AccountRoutesDeps): Router {
  const { service, queries, renderer } = deps;

  async function visit(req: Request, res: Response, errand: AccountErrand): Promise<Visit> {
    const { tid, pid } = req.params;
    const [tenant, pool] = [
      await deps.tenants.find(tenantId(String(tid))),
      await deps.pools.find(tenantId(String(tid)), poolId(String(pid))),
    ];
    if (tenant === undefined || pool === undefined || !isOfferedTo(pool, errand))
      throw new PlatformError('not_found', 'there is nothing at this address');
    const locale = pickLocale({ acceptLanguage: req.headers['accept-language'] }, renderer.locales);
    const { server_id: server, code, for: sealed, login } = req.query;
    const place = { tenantId: pool.tenantId, poolId: pool.id };
    return {
      req,
      res,
      pool,
      tenantName: tenant.name,
      errand,
      at: {
        pool,
        workspaceId: typeof server === 'string' && server.length <= 64 ? workspaceId(server) : undefined,
        locale,
        address: deps.addressOf(req),
      },
      login: queries.loginIn(pool.tenantId, login),
      owner: queries.recall(place, sealed),
      linkCode: typeof code === 'string' && code !== '' ? code.slice(0, 200) : undefined,
    };
  }

  const hrefOf = ({ pool, login, at }: Visit, errand: AccountErrand, more: Readonly<Record<string, string>> = {}) => {
    const query = new URLSearchParams({
      ...(at.workspaceId === undefined ? {} : { server_id: at.workspaceId }),
      ...(login === undefined ? {} : { login }),
      ...more,
    }).toString();
    return `/${pool.tenantId}/identity/${pool.id}/${pathOf[errand]}${query === '' ? '' : `?${query}`}`;
  };
  const common = ({ tenantName, login }: Visit) => ({ tenant: { name: tenantName }, backHref: login });

  function askName(here: Visit, said: Partial<AccountNamePage> = {}): void {
    const { res, at } = here;
    const errand = here.errand === 'register' ? 'register' : 'reset';
    const page = { ...common(here), errand, action: hrefOf(here, errand), identifier: '', ...said } as const;
    sendPage(res, statusOf(said.fault), renderer.render('account-name', page, { locale: at.locale }));
  }

  function askCode(
    here: Visit,
    said: Partial<Pick<AccountCodePage, 'fault' | 'retryAfterSeconds'>> & { readonly failed?: readonly string[] } = {},
  ): void {
    const { res, at, pool, errand, linkCode, owner, req } = here;
    const { failed = [], ...fault } = said;
    const asksPassword = wantsPassword(here);
    const again = errand === 'reset' || errand === 'register' ? hrefOf(here, errand) : undefined;
    const page = {
      ...common(here),
      ...fault,
      errand,
      action: req.originalUrl,
      linkCode,
      identifier: owner?.identifier ?? '',
      asksPassword,
      rules: asksPassword ? deps.rulesOf(pool, failed) : [],
      againHref: again,
    };
    sendPage(res, statusOf(said.fault), renderer.render('account-code', page, { locale: at.locale }));
  }

  /** Sends the message, and goes to the page that asks for its code: whoever was named, the answer is the same. */
  async function ask(here: Visit, typed: string): Promise<void> {
    const { at, errand, pool, res } = here;
    const identifier = typed.trim();
    const fault = nameFault(errand, identifier);
    if (fault !== undefined) {
      askName(here, { fault, identifier });
      return;
    }
    const asked = await (errand === 'register'
      ? service.register(at, identifier)
      : service.requestReset(at, identifier));
    if (asked.kind === 'throttled') {
      res.set('Retry-After', String(asked.retryAfterSeconds));
      askName(here, { fault: 'too_many_attempts', retryAfterSeconds: asked.retryAfterSeconds, identifier });
      return;
    }
    if (asked.kind === 'incomplete') {
      askName(here, { fault: 'registration_incomplete', identifier });
      return;
    }
    const { userId } = asked;
    const sealed = queries.remember({ tenantId: pool.tenantId, poolId: pool.id }, { identifier, userId });
    res.set('Cache-Control', 'no-store').redirect(303, hrefOf(here, errand, { for: sealed }));
  }

  async function complete(here: Visit, { code: typed, password }: z.output<typeof form>): Promise<void> {
    const { owner, linkCode, errand } = here;
    const code = typed.trim();
    if (code === '') {
      askCode(here, { fault: 'code_missing' });
      return;
    }
    const asksPassword = wantsPassword(here);
    if (asksPassword && password === '') {
      askCode(here, { fault: 'password_missing' });
      return;
    }
    if (Buffer.byteLength(password) > longestPasswordBytes) {
      askCode(here, { fault: 'password_too_long' });
      return;
    }
    const shown = owner?.userId === undefined ? { code, ...owner } : { code, userId: owner.userId };
    const outcome = await act(here, shown, asksPassword ? password : undefined);
    switch (outcome.kind) {
      case 'wrong':
        askCode(here, { fault: linkCode === undefined ? 'code_wrong' : 'link_dead' });
        return;
      case 'refused':
        askCode(here, { fault: 'password_refused', failed: outcome.failed });
        return;
      case 'throttled':
        here.res.set('Retry-After', String(outcome.retryAfterSeconds));
        askCode(here, { fault: 'too_many_attempts', retryAfterSeconds: outcome.retryAfterSeconds });
        return;
      case 'done': {
        const { res, login } = here;
        res.set('Cache-Control', 'no-store');
        if (login !== undefined && errand !== 'verify') res.redirect(303, `${login}?notice=${noticeOf[errand]}`);
        else res.redirect(303, hrefOf(here, errand, { done: '1' }));
      }
    }
  }

  function act({ at, errand }: Visit, shown: ShownCode, password: string | undefined): Promise<AccountOutcome> {
    if (errand === 'verify') return service.verifyAddress(at, shown);
    if (errand === 'reset') return service.completeReset(at, shown, password ?? '');
    return service.activate(at, shown, password);
  }

  const show =
    (errand: AccountErrand): RequestHandler =>
    async (req, res) => {
      const here = await visit(req, res, errand);
      if (req.query['done'] === '1') {
        const page = { tenant: { name: here.tenantName }, errand, continueHref: here.login };
        sendPage(res, 200, renderer.render('account-done', page, { locale: here.at.locale }));
      } else if (here.linkCode !== undefined || here.owner !== undefined || errand === 'verify') askCode(here);
      else if (errand === 'activate') askCode(here);
      else askName(here);
    };

  const post =
    (errand: AccountErrand): RequestHandler =>
    async (req, res) => {
      const here = await visit(req, res, errand);
      const fields = form.parse(req.body ?? {});
      const asksName = here.linkCode === undefined && here.owner === undefined;
      if (asksName && (errand === 'reset' || errand === 'register')) await ask(here, fields.identifier);
      else await complete(here, fields);
    };

  const router = Router({ mergeParams: true });
  for (const errand of ['reset', 'register', 'activate', 'verify'] as const) {
    const path = `/:tid/identity/:pid/${pathOf[errand]}`;
    router.get(path, show(errand));
    router.post(path, fromOwnPage, shortForm, post(errand));
  }
  return router;
}

function wantsPassword({ errand, pool }: Pick<Visit, 'errand' | 'pool'>): boolean {
  return errand !== 'verify' && pool.authenticationMechanisms.includes('password');
}

function nameFault(errand: AccountErrand, identifier: string): AccountFault | undefined {
  if (identifier === '') return 'identifier_missing';
  if (identifier.length > longestIdentifier) return 'identifier_too_long';
  if (errand !== 'register') return undefined;
  const type = identifier.includes('@') ? 'email' : 'mobile';
  return normalizeAddress(type, identifier) === undefined ? 'address_malformed' : undefined;
}

function statusOf(fault: AccountFault | undefined): number {
  if (fault === undefined) return 200;
  return fault === 'too_many_attempts' ? 429 : 422;
}
