/** `/{tid}/identity/{pool}/…`: where people register, activate, set a password anew, confirm an address, add a passkey. */
import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { CredentialKind } from '../credentials/credential-kind.ts';
import type { GivenCredential, SettingFault, SettingPage } from '../credentials/credential-setting.ts';
import { formBody } from '../http/bodies.ts';
import { browserNameIn } from '../http/browser-name.ts';
import type { DeviceJar } from '../http/device-jar.ts';
import { fromOwnPage } from '../http/own-page.ts';
import type { IdpStore } from '../idps/idp.ts';
import { pathOfPool } from '../interactions/device-cookie.ts';
import { PlatformError } from '../kernel/errors.ts';
import { chosenIdPattern, poolId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { PoolStore } from '../pools/pool.ts';
import type { SchemaStore } from '../schemas/schema.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import { accountErrands, type AccountCodePage } from '../themes/account-pages.ts';
import { pickLocale } from '../themes/locale.ts';
import type { SettingPart } from '../themes/kind-pages.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import { accountForm, newNonce, spenderOf, type AccountForm } from './account-form.ts';
import { createAccountNamePages } from './account-name-page.ts';
import { readPageQuery, type AccountQueries } from './account-query.ts';
import {
  credentialsAsked,
  isOfferedTo,
  pathOf,
  type AccountErrand,
  type AccountOutcome,
  type AccountService,
  type SettableKind,
  type ShownCode,
} from './account.ts';
import { common, hrefOf, statusOf, type Visit } from './account-visit.ts';
import { hasOwnAccounts, ownAccountPath } from './own-account.ts';

export interface AccountRoutesDeps<Stores> {
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly pools: Pick<PoolStore, 'find'>;
  readonly schemas: Pick<SchemaStore, 'find'>;
  readonly idps: Pick<IdpStore, 'list'>;
  readonly service: AccountService<Stores>;
  readonly kinds: readonly CredentialKind<Stores>[];
  readonly queries: AccountQueries;
  readonly renderer: Pick<Renderer, 'render' | 'locales'>;
  /** The client's address in the form that throttling counts by. */
  readonly addressOf: (req: Request) => string;
  /** Of browsers that somebody signed in from before. */
  readonly jar: DeviceJar;
}

const shortForm = formBody(16 * 1024);

/** What the page tells of the form that came before. */
interface Said extends Partial<Pick<AccountCodePage, 'fault' | 'retryAfterSeconds' | 'code'>> {
  readonly refused?: { readonly mechanism: string; readonly fault: SettingFault };
}

/** What a login is told of who comes back to it: what came of it, and whose it was, so that they need not say it again. */
function backQuery({ req, owner }: Visit, notice: string): string {
  const { for: sealed } = req.query;
  const whose = owner === undefined || typeof sealed !== 'string' ? {} : { for: sealed };
  return new URLSearchParams({ notice, ...whose }).toString();
}

/** Where the person goes on, told what came of it. */
const noticeOf = { reset: 'password_changed', register: 'account_active', activate: 'account_active' } as const;

export function createAccountRoutes<Stores>(deps: AccountRoutesDeps<Stores>): Router {
  const { service, queries, renderer, kinds } = deps;
  const namePages = createAccountNamePages(deps);

  async function visit(req: Request, res: Response, errand: AccountErrand): Promise<Visit> {
    const { tid, pid } = req.params;
    const [tenant, pool] = [
      await deps.tenants.find(tenantId(String(tid))),
      await deps.pools.find(tenantId(String(tid)), poolId(String(pid))),
    ];
    if (tenant === undefined || pool === undefined || !isOfferedTo(pool, errand))
      throw new PlatformError('not_found', 'there is nothing at this address');
    const locale = pickLocale({ acceptLanguage: req.headers['accept-language'] }, renderer.locales);
    const { server_id: server, login, post_activation_url: target } = req.query;
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
        deviceCookie: deps.jar.read(req),
      },
      login: queries.loginIn(pool.tenantId, login),
      target: errand === 'activate' && typeof target === 'string' && target.length <= 2048 ? target : undefined,
      ...readPageQuery(queries, place, req.query),
    };
  }

  /** In the workspace that sent the person, where they sign in to it by this pool. */
  const ownAccountOf = async ({ pool, at: { workspaceId: server } }: Visit): Promise<string | undefined> => {
    if (server === undefined || !chosenIdPattern.test(server)) return undefined;
    const isThere = await hasOwnAccounts(deps.idps, pool.tenantId, server, pool.id);
    return isThere ? ownAccountPath(pool.tenantId, server) : undefined;
  };

  const settingPage = ({ pool, nonce, owner, tenantName, req, errand }: Visit): SettingPage => ({
    pool,
    nonce,
    name: owner?.identifier ?? tenantName,
    browser: browserNameIn(req.headers),
    isFirst: errand === 'register' || errand === 'activate',
  });

  async function askCode(here: Visit, said: Said = {}): Promise<void> {
    const { res, at, pool, errand, linkCode, owner, req } = here;
    const { refused, ...fault } = said;
    const { typed, made, needsMade } = credentialsAsked(pool, errand, kinds);
    const partOf = async (kind: SettableKind<Stores>): Promise<SettingPart | undefined> => {
      const { mechanism, setting } = kind;
      const own = refused?.mechanism === mechanism ? refused.fault : undefined;
      const shown = await setting.show(settingPage(here), own?.details ?? []);
      if (shown === undefined) return undefined;
      const isAlone = needsMade && setting.manner === 'made';
      // Whoever need not type the code goes on here.
      const isFocused = (linkCode !== undefined || said.code !== undefined) && setting.manner === 'typed';
      const { retryAfterSeconds } = said;
      return { mechanism, shown, fault: own, isAlone, isFocused, retryAfterSeconds };
    };
    // Of the same shape for everybody and for nobody: a link does not say here whose it is.
    const parts = await Promise.all(made.map(partOf));
    const madeHere = parts.flatMap((part) => part ?? []);
    const isElsewhere = needsMade && madeHere.length === 0;
    const sealed = req.query['for'];
    const before = owner === undefined || typeof sealed !== 'string' ? {} : { for: sealed, again: '1' };
    const again = errand === 'reset' || errand === 'register' ? hrefOf(here, errand, before) : undefined;
    const page = {
      ...common(here),
      code: '',
      ...fault,
      isRefused: refused !== undefined,
      errand,
      action: req.originalUrl,
      nonce: newNonce(),
      linkCode,
      asksCode: linkCode === undefined && !isElsewhere,
      identifier: owner?.identifier ?? '',
      typed: typed === undefined ? undefined : await partOf(typed),
      made: madeHere,
      needsMade,
      byLink: isElsewhere && errand !== 'passkey' ? made[0]?.mechanism : undefined,
      againHref: again,
    };
    sendPage(
      res,
      refused === undefined ? statusOf(said.fault) : 422,
      renderer.render('account-code', page, { locale: at.locale }),
    );
  }

  async function complete(here: Visit, fields: AccountForm): Promise<void> {
    const { owner, linkCode, errand, pool } = here;
    const { answer } = fields;
    const code = fields.code.trim();
    if (code === '') {
      await askCode(here, { fault: 'code_missing' });
      return;
    }
    const { typed, made, needsMade } = credentialsAsked(pool, errand, kinds);
    const chosen = made.find(({ setting }) => setting.isGiven(answer)) ?? typed ?? (needsMade ? made[0] : undefined);
    const given = await chosen?.setting.read(answer, settingPage(here));
    const refuse = (fault: SettingFault) =>
      askCode(here, { code, ...(chosen === undefined ? {} : { refused: { mechanism: chosen.mechanism, fault } }) });
    if (given?.kind === 'refused') {
      await refuse(given.fault);
      return;
    }
    const { userId, identifier, bound } = (linkCode === undefined ? owner : undefined) ?? {};
    const whose = userId === undefined ? { identifier, bound } : { userId, bound };
    const shown = { code, ...whose, by: spenderOf(fields) };
    const outcome = await act(here, shown, fields, given);
    switch (outcome.kind) {
      case 'wrong':
        await askCode(here, { fault: linkCode === undefined ? 'code_wrong' : 'link_dead' });
        return;
      case 'refused':
        await refuse(outcome.fault);
        return;
      case 'throttled':
        here.res.set('Retry-After', String(outcome.retryAfterSeconds));
        await askCode(here, { fault: 'too_many_attempts', retryAfterSeconds: outcome.retryAfterSeconds, code });
        return;
      case 'done': {
        const { res, login } = here;
        res.set('Cache-Control', 'no-store');
        if (outcome.deviceCookie !== undefined) deps.jar.remember(res, pathOfPool(pool), outcome.deviceCookie);
        if (login !== undefined && errand !== 'verify' && errand !== 'passkey')
          res.redirect(303, `${login}?${backQuery(here, noticeOf[errand])}`);
        else res.redirect(303, hrefOf(here, errand, { done: '1' }));
      }
    }
  }

  function act(
    { at, errand }: Visit,
    shown: ShownCode,
    { answer }: AccountForm,
    given: GivenCredential<Stores> | undefined,
  ): Promise<AccountOutcome> {
    if (errand === 'verify') return service.verifyAddress(at, shown);
    if (errand === 'register' || errand === 'activate') return service.activate(at, shown, given);
    if (given === undefined) throw new PlatformError('internal', `Nothing is set by the errand ${errand}.`);
    if (errand === 'passkey') return service.addPasskey(at, shown, given);
    return service.completeReset(at, shown, answer['password'] ?? '', given);
  }

  const asksName = ({ linkCode, owner }: Visit): boolean => linkCode === undefined && owner === undefined;

  const show =
    (errand: AccountErrand): RequestHandler =>
    async (req, res) => {
      const here = await visit(req, res, errand);
      if (req.query['done'] === '1') {
        const accountHref = await ownAccountOf(here);
        const onward = here.target === undefined ? undefined : await service.leadsOnTo(here.at, here.target);
        const page = { tenant: { name: here.tenantName }, errand, continueHref: onward ?? here.login, accountHref };
        sendPage(res, 200, renderer.render('account-done', page, { locale: here.at.locale }));
      } else if ((errand === 'reset' || errand === 'register') && (asksName(here) || req.query['again'] === '1'))
        await namePages.show(here);
      else await askCode(here);
    };

  const post =
    (errand: AccountErrand): RequestHandler =>
    async (req, res) => {
      const here = await visit(req, res, errand);
      const fields = accountForm.parse(req.body ?? {});
      if (asksName(here) && (errand === 'reset' || errand === 'register')) await namePages.ask(here, fields);
      else await complete(here, fields);
    };

  const router = Router({ mergeParams: true });
  for (const errand of accountErrands) {
    const path = `/:tid/identity/:pid/${pathOf[errand]}`;
    router.get(path, show(errand));
    router.post(path, fromOwnPage, shortForm, post(errand));
  }
  return router;
}
