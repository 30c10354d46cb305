/** An application of our own that signs people in at one of our issuers, like any other client. */
import { clientNameIn, type Client } from '../clients/client.ts';

export interface RelyingApplication {
  /** `{tid}/{aid}`: what its cookies and sessions are bound to. */
  readonly place: string;
  readonly issuer: string;
  /** @param locale as `pickLocale` answers it */
  readonly nameIn: (locale: string) => string;
  readonly clientId: string;
  /** Undefined for a public client. */
  readonly clientSecret: string | undefined;
  readonly postsSecret: boolean;
  /** Whether its authorization requests are pushed (RFC 9126); they are anyway where its issuer wants that of all. */
  readonly pushes: boolean;
  /** What it asks for, `offline_access` left out. */
  readonly scopes: readonly string[];
  /** Where it begins, and where a sign-out returns to: what its client registers as `post_logout_redirect_uris`. */
  readonly startUri: string;
  /** Where answers arrive: what its client registers as `redirect_uris`. */
  readonly redirectUri: string;
}

/** Where the answers to an application arrive that begins at `startUri`. */
export const redirectUriOf = (startUri: string): string => `${startUri}/callback`;

/** @param startUri below the issuer, without a trailing slash */
export function relyingApplication(client: Client, issuer: string, startUri: string): RelyingApplication {
  const { metadata } = client;
  const scopes = (metadata.scope ?? 'openid profile email').split(' ').filter((scope) => scope !== 'offline_access');
  return {
    place: `${client.tenantId}/${client.workspaceId}`,
    issuer,
    nameIn: (locale) => clientNameIn(client, locale),
    clientId: client.id,
    clientSecret: client.secret,
    postsSecret: metadata.token_endpoint_auth_method === 'client_secret_post',
    pushes: metadata['require_pushed_authorization_requests'] === true,
    scopes: [...new Set(['openid', ...scopes])],
    startUri,
    redirectUri: redirectUriOf(startUri),
  };
}
