/** Taking tokens back over HTTP, from people who signed in and from those who were about to. */
import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { createClientService } from '../../../server/clients/client.service.ts';
import type { Client } from '../../../server/clients/client.ts';
import { systemClock } from '../../../server/kernel/clock.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';
import type { User } from '../../../server/users/user.ts';
import { allow, authenticate } from '../../support/relying-party.ts';
import { createWebBrowser, hasForm, type WebBrowser } from '../../support/web-browser.ts';
import { asking, callback, password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';

/** RFC 7636 appendix B. */
const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const tokenAnswer = z.looseObject({ access_token: z.string().optional(), refresh_token: z.string().optional() });

describe('taking tokens back', function () {
  this.timeout(60_000);
  let house: WebLogin;
  let client: Client;
  let system: string;
  const people: User[] = [];
  before(async () => {
    house = await startWebLogin();
    client = await house.addClient();
    const clients = createClientService({ unitOfWork: house.platform.unitOfWork, clock: systemClock });
    const machine = await clients.create({
      tenantId: place.tenantId,
      workspaceId: workspaceId('system'),
      metadata: { grant_types: ['client_credentials'], response_types: [], scope: 'revoke_tokens' },
    });
    system =
      (await tokens('system', machine, { grant_type: 'client_credentials', scope: 'revoke_tokens' })).access_token ??
      '';
    for (const name of ['grace', 'hedy']) people.push(await house.addPerson(`${name}@example.com`));
  });
  after(() => house.stop());

  const form = async (path: string, by: Client, fields: Readonly<Record<string, string>>): Promise<unknown> => {
    const response = await fetch(`${house.origin}/default/${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${by.id}:${by.secret ?? ''}`)}` },
      body: new URLSearchParams(fields),
    });
    return response.json();
  };
  const tokens = async (workspace: string, by: Client, fields: Readonly<Record<string, string>>) =>
    tokenAnswer.parse(await form(`${workspace}/oauth2/token`, by, fields));
  const isActive = async (token = ''): Promise<unknown> =>
    z.object({ active: z.boolean() }).parse(await form('demo/oauth2/introspect', client, { token })).active;
  const refreshed = (token = '') => tokens('demo', client, { grant_type: 'refresh_token', refresh_token: token });
  const offline = { scope: 'openid offline_access', prompt: 'consent' };
  const redeem = (url: URL) =>
    tokens('demo', client, {
      grant_type: 'authorization_code',
      code: url.searchParams.get('code') ?? '',
      code_verifier: codeVerifier,
      redirect_uri: callback,
    });
  const toConsent = async (browser: WebBrowser, name: string) => {
    const page = await browser.open(asking(house.issuer, client, offline));
    return authenticate(browser, page, { identifier: `${name}@example.com`, password });
  };
  const signIn = async (name: string) => {
    const browser = createWebBrowser(house.origin);
    const end = await allow(browser, await toConsent(browser, name));
    const given = await redeem(end.url);
    return { browser, ...given, subject: decodeJwt(given.access_token ?? '').sub ?? '' };
  };
  const revoke = async (path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${house.origin}/api/system/default/${path}`, {
      method: 'DELETE',
      headers: {
        authorization: `Bearer ${system}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  /** `authTime` is in whole seconds. */
  const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1050));

  it('ends tokens and sessions of a subject, and lets them in again when they prove who they are', async () => {
    const [grace, hedy] = [await signIn('grace'), await signIn('hedy')];
    assert.equal(await isActive(grace.access_token), true);
    await nextSecond();
    const { status, text } = await revoke('servers/demo/tokens', { subjects: [grace.subject], idp_id: null });
    assert.equal(status, 204, text);
    assert.equal(await isActive(grace.access_token), false);
    assert.equal(await isActive(grace.refresh_token), false);
    assert.deepEqual(await refreshed(grace.refresh_token).then(({ error }) => error), 'invalid_grant');
    assert.ok(hasForm(await grace.browser.open(asking(house.issuer, client)), '/authenticate'), 'no session is left');
    assert.equal(await isActive(hedy.access_token), true);
    assert.ok((await refreshed(hedy.refresh_token)).access_token !== undefined);
    await nextSecond();
    assert.equal(await isActive((await signIn('grace')).access_token), true);
  });

  it('ends logins that had begun: nobody gets in by a page that was left open', async () => {
    const [grace] = people;
    const browser = createWebBrowser(house.origin);
    const page = await toConsent(browser, 'grace');
    await nextSecond();
    assert.equal((await revoke('pools/demo-pool/tokens', { users: [grace?.id] })).status, 204);
    const end = await allow(browser, page);
    assert.equal(end.url.searchParams.get('code'), null);
    const next = await browser.open(asking(house.issuer, client));
    assert.ok(hasForm(next, '/authenticate'));
  });

  it('ends people of a pool by their ids, and refuses codes that they have', async () => {
    const [, hedy] = people;
    const browser = createWebBrowser(house.origin);
    const end = await allow(browser, await toConsent(browser, 'hedy'));
    await nextSecond();
    const other = await signIn('grace');
    assert.equal((await revoke('pools/demo-pool/tokens', { users: [hedy?.id] })).status, 204);
    assert.equal((await redeem(end.url))['error'], 'invalid_grant');
    assert.equal(await isActive(other.access_token), true);
  });

  it('ends the tokens of a consent alone, whatever the body says', async () => {
    await nextSecond();
    const [hedy, grace] = [await signIn('hedy'), await signIn('grace')];
    const [consent] = await house.platform.stores.consents.listBySubject(
      place.tenantId,
      place.workspaceId,
      hedy.subject,
    );
    const { status, text } = await revoke(`servers/demo/tokens?consent_id=${consent?.id ?? ''}`);
    assert.equal(status, 204, text);
    assert.equal(await isActive(hedy.access_token), false);
    assert.equal((await revoke(`servers/demo/tokens?consent_id=none`, { subjects: [grace.subject] })).status, 404);
    assert.equal(await isActive(grace.access_token), true);
    assert.ok(!hasForm(await hedy.browser.open(asking(house.issuer, client)), '/authenticate'), 'the session stays');
  });

  it('refuses a token of ours that was taken back at our own APIs', async () => {
    const clients = createClientService({ unitOfWork: house.platform.unitOfWork, clock: systemClock });
    const machine = await clients.create({
      tenantId: place.tenantId,
      workspaceId: workspaceId('system'),
      metadata: { grant_types: ['client_credentials'], response_types: [], scope: 'view_clients' },
    });
    const { access_token: token = '' } = await tokens('system', machine, {
      grant_type: 'client_credentials',
      scope: 'view_clients',
    });
    const ask = async () =>
      (
        await fetch(`${house.origin}/api/system/default/clients/demo`, {
          headers: { authorization: `Bearer ${token}` },
        })
      ).status;
    assert.equal(await ask(), 200);
    assert.equal((await revoke('servers/demo/tokens', { subjects: [machine.id] })).status, 204);
    assert.equal(await ask(), 200, 'it is of another workspace');
    assert.equal((await revoke('servers/system/tokens', { subjects: [machine.id] })).status, 204);
    assert.equal(await ask(), 401);
  });

  it('refuses what names nobody, too many, or what is not there', async () => {
    const many = Array.from({ length: 101 }, (_, at) => String(at));
    for (const [path, body, status] of [
      ['servers/demo/tokens', {}, 422],
      ['servers/demo/tokens', undefined, 422],
      ['servers/demo/tokens', { subjects: many }, 422],
      ['servers/demo/tokens', { subjects: ['x'], idp_id: 'none' }, 422],
      ['servers/none/tokens', { subjects: ['x'] }, 404],
      ['pools/demo-pool/tokens', { users: [] }, 422],
      ['pools/demo-pool/tokens', { users: many }, 422],
      ['pools/none/tokens', { users: ['x'] }, 404],
    ] as const)
      assert.equal((await revoke(path, body)).status, status, JSON.stringify([path, body]));
    const stale = await revoke('pools/demo-pool/tokens', { users: ['x'] }, { 'if-match': '"stale"' });
    assert.equal(stale.status, 412);
  });
});
