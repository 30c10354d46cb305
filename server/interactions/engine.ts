/** What oidc-provider says about the login this browser is in: read by its own cookies, so that nobody reads another's. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Provider } from 'oidc-provider';
import { parseAuthorizationRequest, type AuthorizationRequest } from './authorization-request.ts';

/** The session the browser brought along: whose it is, and the grants that say what it once satisfied. */
export interface BrowserSession {
  readonly subject: string;
  readonly grantIds: readonly string[];
}

export type EngineLogin =
  | { readonly kind: 'found'; readonly request: AuthorizationRequest; readonly session: BrowserSession | undefined }
  /** This browser holds no cookie of this login: begun elsewhere, or by somebody else. */
  | { readonly kind: 'elsewhere' }
  /** The cookie is there, the login is not: finished or expired. */
  | { readonly kind: 'gone' };

/** Reads the interaction that this browser's signed cookie names, and its session. */
export async function readEngineLogin(
  provider: Provider,
  req: IncomingMessage,
  res: ServerResponse,
  uid: string,
): Promise<EngineLogin> {
  try {
    const interaction = await provider.interactionDetails(req, res);
    if (interaction.uid !== uid) return { kind: 'elsewhere' };
    const request = parseAuthorizationRequest(uid, interaction);
    return {
      kind: 'found',
      request,
      session: request.sessionSubject === undefined ? undefined : await readSession(provider, req, res),
    };
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    return { kind: heldUid(provider, req, res) === uid ? 'gone' : 'elsewhere' };
  }
}

/** The login that the browser's signed cookie names: asked about any other, it is told nothing. */
function heldUid(provider: Provider, req: IncomingMessage, res: ServerResponse): string | undefined {
  return provider.createContext(req, res).cookies.get(provider.cookieName('interaction'), { signed: true });
}

async function readSession(
  provider: Provider,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<BrowserSession | undefined> {
  const session = await provider.Session.get(provider.createContext(req, res));
  if (session.accountId === undefined) return undefined;
  const grantIds = Object.values(session.authorizations ?? {}).flatMap(({ grantId }) =>
    grantId === undefined ? [] : [grantId],
  );
  return { subject: session.accountId, grantIds };
}
