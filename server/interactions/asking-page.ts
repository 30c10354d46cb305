/** What a page of a login that asks for a factor is to the kind of credential that it asks for. */
import { clientNameIn, type Client } from '../clients/client.ts';
import type { AskingPage } from '../credentials/credential-kind.ts';
import type { TenantId } from '../kernel/ids.ts';
import { pickLocale } from '../themes/locale.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

/** The login that asks, and how its browser likes to be spoken to (RFC 9110 §12.5.4). */
export interface AskingLogin {
  readonly workspace: Pick<Workspace, 'tenantId'>;
  readonly client: Client;
  readonly request: Pick<AuthorizationRequest, 'uiLocales'>;
}

export type AskingPages = (login: AskingLogin, acceptLanguage: string | undefined, nonce: string) => AskingPage;

export function createAskingPages(deps: {
  readonly locales: readonly string[];
  /** Of the pages of a tenant, e.g. `https://id.example`. */
  readonly originOf: (tenant: TenantId) => string;
}): AskingPages {
  return ({ workspace, client, request }, acceptLanguage, nonce) => {
    const locale = pickLocale({ uiLocales: request.uiLocales, acceptLanguage }, deps.locales);
    return {
      nonce,
      origin: deps.originOf(workspace.tenantId),
      locale,
      applicationName: clientNameIn(client, locale),
    };
  };
}
