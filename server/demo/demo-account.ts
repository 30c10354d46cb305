/** Draws a session of the demonstration as its page shows it. */
import type { DemoAccountPage, DemoRow } from '../themes/demo-pages.ts';
import type { DemoApplication } from './demo-application.ts';
import type { DemoSession } from './demo-sessions.ts';

/** Claims that count seconds (NumericDate, RFC 7519 §2). */
const moments = new Set(['iat', 'exp', 'nbf', 'auth_time', 'updated_at']);

export function accountPage(app: DemoApplication, session: DemoSession, locale: string): DemoAccountPage {
  const { tokens, userinfo, introspection } = session;
  const base = `/${app.place}/demo`;
  return {
    tenant: { name: app.tenantName },
    application: { name: app.nameIn(locale) },
    notice: session.notice,
    person: personOf({ ...tokens.claims, ...userinfo }),
    idToken: rowsOf(tokens.claims),
    accessToken: {
      type: tokens.tokenType,
      format: tokens.accessToken.split('.').length === 3 ? 'jwt' : 'opaque',
      scopes: tokens.scopes,
      expiresAt: tokens.expiresAt,
    },
    refreshToken: tokens.refreshToken !== undefined,
    accountHref: `/${app.place}/account`,
    userinfo: userinfo === undefined ? undefined : rowsOf(userinfo),
    introspection: introspection === undefined ? undefined : rowsOf(introspection),
    actions: {
      refresh: `${base}/refresh`,
      userinfo: `${base}/userinfo`,
      introspect: `${base}/introspect`,
      silent: `${base}/login`,
      signOut: `${base}/logout`,
    },
  };
}

export function rowsOf(claims: Readonly<Record<string, unknown>>): DemoRow[] {
  return Object.entries(claims).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
    reading: moments.has(name) && typeof value === 'number' ? inUtc(value) : undefined,
  }));
}

/** `2026-11-16 00:00:00 UTC`; undefined for what no calendar holds. */
function inUtc(seconds: number): string | undefined {
  const moment = new Date(seconds * 1000);
  return Number.isNaN(moment.getTime())
    ? undefined
    : moment
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, ' UTC');
}

function personOf(claims: Readonly<Record<string, unknown>>): string {
  const known = [claims['name'], claims['preferred_username'], claims['email'], claims['sub']];
  return known.find((value) => typeof value === 'string' && value !== '')?.toString() ?? '';
}
