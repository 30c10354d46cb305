/** What a page of a login that asks for a factor is to the kind of credential that it asks for. */
import type { Request } from 'express';
import type { AskingPage } from '../credentials/credential-kind.ts';
import type { TenantId } from '../kernel/ids.ts';
import { pickLocale } from '../themes/locale.ts';
import { application } from './login-pages.ts';
import type { Visit } from './login-visit.routes.ts';

export type AskingPages = (
  visit: Pick<Visit, 'workspace' | 'client' | 'request'>,
  req: Request,
  nonce: string,
) => AskingPage;

export function createAskingPages(deps: {
  readonly locales: readonly string[];
  /** Of the pages of a tenant, e.g. `https://id.example`. */
  readonly originOf: (tenant: TenantId) => string;
}): AskingPages {
  return ({ workspace, client, request }, req, nonce) => ({
    nonce,
    origin: deps.originOf(workspace.tenantId),
    locale: pickLocale({ uiLocales: request.uiLocales, acceptLanguage: req.headers['accept-language'] }, deps.locales),
    applicationName: application(client).name,
  });
}
