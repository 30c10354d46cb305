/** People of the demonstration's pool who call the self-service API for themselves, with tokens of real logins. */
import { z } from 'zod';
import { notNowField } from '../../server/credentials/passkey/passkey-offer.service.ts';
import { createWebBrowser, hasForm } from './web-browser.ts';
import { allow, authenticate } from './relying-party.ts';
import { asking, callback, password, place, type WebLogin } from './web-login.ts';

/** RFC 7636 appendix B: what the challenge of a test's authorization request was made from. */
const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const tokens = z.object({ access_token: z.string(), refresh_token: z.string().optional(), id_token: z.string() });

/** Where somebody is offered a passkey after a login without one. */
const offer = '/steps/passkey-offer';

export const selfScopes = 'openid offline_access view_ss_profile manage_ss_profile';

export interface SelfAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly challenge: string;
  readonly text: string;
  /** The body parsed; undefined where there is none. */
  readonly body: unknown;
}

/** @param house whose callers may say where they come from */
export function selfServiceOf(house: WebLogin) {
  let caller = 0;
  const redeemed = async (
    client: { readonly id: string; readonly secret?: string | undefined },
    form: Record<string, string>,
  ) => {
    const response = await fetch(`${house.issuer}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.id}:${client.secret ?? ''}`)}` },
      body: new URLSearchParams(form),
    });
    return { status: response.status, text: await response.text() };
  };
  return {
    /** The whole way of a person who grants what is asked. */
    async signIn(identifier: string, scope = selfScopes, isTrusted = true) {
      const client = await house.addClient({ scope }, isTrusted);
      const browser = createWebBrowser(house.origin);
      const asked = asking(house.issuer, client, { scope, prompt: 'consent' });
      const page = await browser.open(isTrusted ? asking(house.issuer, client, { scope }) : asked);
      const first = await authenticate(browser, page, { identifier, password });
      const consent = hasForm(first, offer) ? await browser.submit(first, offer, { [notNowField]: '1' }) : first;
      const end = consent.left ? consent : await allow(browser, consent);
      const code = end.url.searchParams.get('code') ?? '';
      const { text } = await redeemed(client, {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
        redirect_uri: callback,
      });
      return { ...tokens.parse(JSON.parse(text)), client, consent };
    },

    refresh: (client: { readonly id: string; readonly secret?: string | undefined }, token: string) =>
      redeemed(client, { grant_type: 'refresh_token', refresh_token: token }),

    /** @param path below `/{tid}/{aid}/identity/` */
    async ask(
      token: string | undefined,
      method: string,
      path: string,
      more: { readonly body?: unknown; readonly ifMatch?: string; readonly workspace?: string } = {},
    ): Promise<SelfAnswer> {
      caller += 1;
      const response = await fetch(`${house.origin}/default/${more.workspace ?? 'demo'}/identity/${path}`, {
        method,
        headers: {
          'x-forwarded-for': `198.51.${String(caller >> 8)}.${String(caller & 255)}`,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(more.ifMatch === undefined ? {} : { 'if-match': more.ifMatch }),
          ...(more.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        etag: response.headers.get('etag') ?? undefined,
        challenge: response.headers.get('www-authenticate') ?? '',
        text,
        body: text === '' ? undefined : JSON.parse(text),
      };
    },

    /** Puts all logins there were into the past. */
    async age(seconds: number): Promise<void> {
      const { database, stores } = house.platform;
      const { tenantId, workspaceId } = place;
      const grants: unknown[] = await database('authentication_snapshots').pluck('grant_id');
      for (const grant of grants.map(String)) {
        const login = await stores.snapshots.find(tenantId, workspaceId, grant);
        if (login === undefined) continue;
        await stores.snapshots.removeByGrant(tenantId, workspaceId, grant);
        const aged = { ...login, authTime: login.authTime - seconds };
        await stores.snapshots.insert(tenantId, workspaceId, aged, Date.now() + 3_600_000);
      }
      // Whoever signed in then was there by then.
      await database('users').update({ created_at: Date.now() - 7_200_000 });
    },
  };
}
