/** The protocol engine's own pages in our dress: errors no client may hear of, and signing out. */
import type { IncomingMessage } from 'node:http';
import { clientNameIn, type Client, type ClientStore } from '../clients/client.ts';
import { clientId, tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { EnginePages, ErrorPage as EngineError } from '../oauth2/pages.ts';
import { endedMark } from '../interactions/login-address.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import { pickLocale } from './locale.ts';
import { parseLogoutForm } from './logout-form.ts';
import type { ErrorReason, PageData, PageName } from './pages.ts';
import type { Renderer } from './renderer.ts';

/** How a login that the engine no longer knows ended. */
export type LoginEnd = { readonly kind: 'finished' | 'expired' | 'stopped'; readonly clientId: string | undefined };

export interface EnginePagesDeps {
  readonly renderer: Renderer;
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly clients: Pick<ClientStore, 'find'>;
  /** Asked with the uid of a resume address that nothing answers to any more. */
  readonly endOf: (tenant: TenantId, workspace: WorkspaceId, uid: string) => Promise<LoginEnd>;
}

type Place = Pick<EngineError, 'workspace' | 'request' | 'response'>;

/** What the engine says when a browser resumes a login that is over (lib/actions/authorization/resume.js). */
const overDescriptions: ReadonlySet<string> = new Set([
  'authorization request has expired',
  'interaction session not found',
  'authorization session and cookie identifier mismatch',
  'interaction session and authentication session mismatch',
]);

export function createEnginePages(deps: EnginePagesDeps): EnginePages {
  const { renderer } = deps;

  const localeOf = ({ request }: Place): string => {
    const uiLocales = new URL(request.url ?? '/', 'http://internal').searchParams.get('ui_locales') ?? undefined;
    return pickLocale({ uiLocales, acceptLanguage: request.headers['accept-language'] }, renderer.locales);
  };
  const draw = <Name extends PageName>(place: Place, page: Name, data: PageData[Name]): string => {
    const { response } = place;
    const drawn = renderer.render(page, data, { locale: localeOf(place) });
    response.setHeader('Content-Security-Policy', drawn.contentSecurityPolicy);
    response.setHeader('Content-Language', drawn.locale);
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Referrer-Policy', 'same-origin');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    return drawn.html;
  };
  const brandOf = async ({ workspace }: Place) => ({
    name: (await deps.tenants.find(workspace.tenantId))?.name ?? workspace.tenantId,
  });
  const findClient = async ({ workspace }: Place, id: string | undefined): Promise<Client | undefined> =>
    id === undefined ? undefined : deps.clients.find(workspace.tenantId, workspace.id, clientId(id));

  return {
    async error(page) {
      const tenant = await brandOf(page);
      const reference = page.traceId ?? '';
      if (page.description !== undefined && overDescriptions.has(page.description)) {
        const { workspace, heldUid } = page;
        // The engine takes its cookie back when a login has ended, or never gave it to this browser: which of the two,
        // the login's own page can tell by the cookie that stays.
        if (heldUid === undefined || heldUid !== uidOf(page.request)) {
          const login = `/${workspace.tenantId}/${workspace.id}/login/${encodeURIComponent(uidOf(page.request))}`;
          return { location: `${login}?${endedMark}` };
        }
        const end = await deps.endOf(tenantId(workspace.tenantId), workspaceId(workspace.id), heldUid);
        const client = await findClient(page, end.clientId);
        const application =
          client === undefined
            ? undefined
            : { name: clientNameIn(client, localeOf(page)), logoUri: client.metadata.logo_uri };
        const back = client?.metadata.initiate_login_uri ?? client?.metadata.client_uri;
        return end.kind === 'finished'
          ? draw(page, 'finished', { tenant, reference, application, continueHref: back })
          : draw(page, end.kind, { tenant, reference, application, startAgainHref: back });
      }
      const technical = { code: page.error, description: page.description };
      return draw(page, 'error', { tenant, reference, reason: reasonOf(page), technical });
    },

    async confirmLogout(page) {
      const form = parseLogoutForm(page.form);
      const client = await findClient(page, page.client);
      const application = client === undefined ? undefined : { name: clientNameIn(client, localeOf(page)) };
      return draw(page, 'confirm-logout', { tenant: await brandOf(page), form, application });
    },

    async signedOut(page) {
      const client = await findClient(page, page.client);
      const application =
        client === undefined
          ? undefined
          : { name: clientNameIn(client, localeOf(page)), href: client.metadata.client_uri };
      return draw(page, 'signed-out', { tenant: await brandOf(page), application });
    },
  };
}

/** The last part of `/oauth2/authorize/{uid}`. */
function uidOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://internal').pathname.split('/').at(-1) ?? '';
}

function reasonOf({ status, error, description = '', request }: EngineError): ErrorReason {
  if (status >= 500) return 'internal';
  if (error === 'invalid_client') return 'application_unknown';
  if (error === 'unauthorized_client') return 'application_inactive';
  if (error === 'invalid_redirect_uri' || description.includes('redirect_uri')) return 'address_not_registered';
  return new URL(request.url ?? '/', 'http://internal').pathname.includes('/oidc/logout')
    ? 'logout_failed'
    : 'request_invalid';
}
