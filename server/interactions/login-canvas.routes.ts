/** What every page of a login is drawn with: its ground, the person's language, and the policy that lets a form end at the application. */
import type { Request, Response } from 'express';
import type { SettingFault } from '../credentials/credential-setting.ts';
import { pickLocale } from '../themes/locale.ts';
import {
  loginNotices,
  type LoginFault,
  type LoginNotice,
  type PageData,
  type PageName,
  type PasskeyOfferPage,
} from '../themes/pages.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import { formOf, type FormNonces } from './form-nonce.ts';
import type { PageGround } from './login-pages.ts';
import type { Visit } from './login-visit.routes.ts';

/** Why a page is shown again after a POST. */
export interface Again {
  /** What was typed, kept. Never the password. */
  readonly identifier?: string;
  readonly fault?: LoginFault;
  /** The form was not of this step, or not ours. */
  readonly outdated?: true;
  /** Of a credential that was to take another one's place. */
  readonly refused?: SettingFault;
  /** Of a passkey that was to be made. */
  readonly passkeyFault?: PasskeyOfferPage['fault'];
  /** Messages of a plugin step, by field. */
  readonly stepErrors?: Readonly<Record<string, string>>;
}

export interface LoginCanvas {
  draw<Name extends PageName>(
    req: Request,
    res: Response,
    status: number,
    page: Name,
    data: PageData[Name],
    visit?: Visit,
  ): void;
  /** With a nonce for the form of this step. */
  groundOf(visit: Visit, req: Request, step: string): PageGround;
  /** The language in which the page will speak. */
  localeOf(req: Request, visit: Visit | undefined): string;
  /** The trace id of the request, shown as reference. */
  readonly referenceOf: (req: Request) => string;
}

export function createLoginCanvas({
  renderer,
  nonces,
  referenceOf,
}: {
  readonly renderer: Renderer;
  readonly nonces: FormNonces;
  readonly referenceOf: LoginCanvas['referenceOf'];
}): LoginCanvas {
  const localeOf: LoginCanvas['localeOf'] = (req, visit) =>
    pickLocale(
      { uiLocales: visit?.request.uiLocales, acceptLanguage: req.headers['accept-language'] },
      renderer.locales,
    );
  return {
    draw(req, res, status, page, data, visit) {
      const locale = localeOf(req, visit);
      const formTargets = visit?.formTargets ?? [];
      sendPage(res, status, renderer.render(page, data, { locale, formTargets }), 'kept');
    },
    groundOf: (visit, req, step) => ({
      workspace: visit.workspace,
      tenantName: visit.tenantName,
      client: visit.client,
      locale: localeOf(req, visit),
      path: visit.path,
      nonce: nonces.issue(visit.interaction.id, formOf(step, visit.interaction.person)),
    }),
    localeOf,
    referenceOf,
  };
}

export function statusOf(again: Again | undefined): number {
  if (again === undefined) return 200;
  return again.fault?.text === 'too_many_attempts' ? 429 : 400;
}

export function noticeOf(req: Request): LoginNotice | undefined {
  return loginNotices.find((notice) => notice === req.query['notice']);
}
