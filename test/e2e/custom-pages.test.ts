/** People sign in and decide on pages of integrators; whoever tries to get past these, or through them, does not. */
import assert from 'node:assert/strict';
import type * as oidc from 'openid-client';
import { createConsentPage } from '../../examples/custom-pages/consent-page.ts';
import { createLoginPage, hashOf } from '../../examples/custom-pages/login-page.ts';
import type { Client } from '../../server/clients/client.ts';
import { createServerConsentService } from '../../server/extensions/server-consent.service.ts';
import { createIdpService } from '../../server/idps/idp.service.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { idpId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { subjectFor } from '../../server/users/subject.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { createPageCalls, historyOfStay, stayOf } from '../support/integrator.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { begin, connect, redeem } from '../support/relying-party.ts';
import { serve, type Served } from '../support/serve.ts';
import { createWebBrowser, hasForm, titleOf, type Shown } from '../support/web-browser.ts';

const tenant = tenantId('default');
const workspace = workspaceId('demo');
const portal = idpId('portal');
const grace = { name: 'Grace Hopper', email: 'grace@example.com', password: 'a password of the page' };

describe('a login on pages of integrators', function () {
  this.timeout(60_000);
  let platform: TestPlatform;
  let office: BackOffice;
  let client: Client;
  let config: oidc.Configuration;
  let loginClient: Client | undefined;
  let consentClient: Client | undefined;
  let loginPage: Served;
  let consentPage: Served;

  before(async function () {
    this.timeout(120_000);
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    client = await office.addClient();
    config = await connect(platform.issuer, client);
    const { unitOfWork, hasher, stores } = office.platform;
    const idps = createIdpService({ unitOfWork, hasher, clock });
    const consents = createServerConsentService({ unitOfWork, clock });
    const place = { tenantId: tenant, workspaceId: workspace };
    // Their addresses are known once they listen, and they listen once their clients are known.
    const later = { id: portal, name: 'Portal', enabled: true } as const;
    const made = await idps.create(tenant, workspace, {
      ...later,
      kind: { method: 'custom', loginUrl: 'https://later.example' },
    });
    assert.ok(made.method === 'custom');
    loginClient = await stores.clients.find(tenant, workspaceId('system'), made.clientId);
    consentClient = (await consents.set(place, 'https://later.example')).client;
    const members = [{ ...grace, id: 'member-1', salt: 's', passwordHash: hashOf(grace.password, 's') }];
    loginPage = await serve(createLoginPage(optionsOf(loginClient), members));
    consentPage = await serve(createConsentPage(optionsOf(consentClient)));
    const kind = { method: 'custom', loginUrl: `${loginPage.origin}/start?theme=dark` } as const;
    await idps.update({ ...place, id: portal }, { ...later, kind });
    await consents.set(place, `${consentPage.origin}/start`);
  });
  after(async () => {
    await loginPage.close();
    await consentPage.close();
    await office.close();
    await platform.stop();
  });

  const optionsOf = (own: Client | undefined) => ({
    platformUrl: platform.origin,
    tenantId: 'default',
    clientId: own?.id ?? '',
    clientSecret: own?.secret ?? '',
  });
  const newBrowser = () => createWebBrowser(platform.origin);
  const callLogin = (path: string, body?: unknown, as = loginClient, of = 'default') =>
    createPageCalls(platform, 'logins', 'manage_logins')(path, body, as, of);
  const callConsent = (path: string, body?: unknown, as = consentClient, of = 'default') =>
    createPageCalls(platform, 'scope-grants', 'manage_scope_grants')(path, body, as, of);

  /** A person whose browser is on its way to the login page. */
  async function away(parameters: Readonly<Record<string, string>> = {}, browser = newBrowser()) {
    const begun = await begin(config, { prompt: 'login consent', idp_hint: portal, ...parameters });
    const left = await browser.open(begun.url);
    return { browser, begun, left };
  }
  /** At the page, in a tab of its own. @returns where it sends the browser */
  async function signInThere(left: URL): Promise<URL> {
    const tab = createWebBrowser(loginPage.origin);
    const { email, password } = grace;
    return (await tab.submit(await tab.open(left), '/sign-in', { email, password })).url;
  }
  async function decideThere(left: URL, scopes: readonly string[]): Promise<URL> {
    const tab = createWebBrowser(consentPage.origin);
    return (await tab.submit(await tab.open(left), '/allow', { scope: scopes })).url;
  }
  /** Signed in at the one page, and on the way to the other. */
  async function deciding(parameters: Readonly<Record<string, string>> = {}) {
    const { browser, begun, left } = await away(parameters);
    return { browser, begun, login: left, left: await browser.open(await signInThere(left.url)) };
  }
  const isAt = (shown: Shown, page: Served) => {
    assert.ok(shown.left, titleOf(shown));
    assert.equal(`${shown.url.origin}${shown.url.pathname}`, `${page.origin}/start`);
  };

  it('signs somebody in whom no pool knows, with what they allowed', async () => {
    const { browser, begun, left } = await away();
    isAt(left, loginPage);
    assert.equal(left.url.searchParams.get('theme'), 'dark', 'its own query stays');
    const asked = await browser.open(await signInThere(left.url));
    isAt(asked, consentPage);
    const done = await browser.open(await decideThere(asked.url, ['openid', 'profile']));
    assert.ok(done.url.searchParams.has('code'), done.url.href);
    const tokens = await redeem(config, begun, done.url);
    const claims = tokens.claims();
    assert.equal(claims?.sub, subjectFor('hash', portal, 'member-1'));
    assert.deepEqual(claims['amr'], ['pwd']);
    assert.deepEqual(tokens.scope?.split(' ').sort(), ['openid', 'profile']);

    const history = await historyOfStay(platform, office, stayOf(left.url).id);
    assert.match(history, /consented/);
    assert.doesNotMatch(history, /Grace|grace@|member-1|login_state|ticket/, 'who it is is no history');
    assert.ok(!history.includes(claims.sub));
  });

  it('asks no more for what was allowed there, and lets the session go on', async () => {
    const { browser, begun, left } = await deciding();
    const done = await browser.open(await decideThere(left.url, ['openid', 'profile', 'email', 'phone']));
    await redeem(config, begun, done.url);
    const silent = await begin(config, { prompt: 'none' });
    const code = await browser.open(silent.url);
    assert.ok(code.url.searchParams.has('code'), code.url.href);
    await redeem(config, silent, code.url);
    const asked = await begin(config, { prompt: 'consent' });
    const fromSession = await browser.open(asked.url);
    isAt(fromSession, consentPage);
    const decided = await browser.open(await decideThere(fromSession.url, ['openid', 'profile', 'email', 'phone']));
    await redeem(config, asked, decided.url);
    const again = await browser.open((await begin(config, { prompt: 'login', idp_hint: portal })).url);
    isAt(again, loginPage);
    const { id, login_state } = stayOf(again.url);
    const old = new Date(Date.now() - 3_600_000).toISOString();
    const stale = await callLogin(`${id}/accept`, { id, login_state, subject: 'member-1', auth_time: old });
    assert.equal(stale.status, 422, 'prompt=login is not answered by an earlier proof');
    const next = await browser.open(await signInThere(again.url));
    assert.ok(next.url.searchParams.has('code'), next.url.href);
  });

  it('shows a page what it needs to know, and no other client, state, tenant or step anything', async () => {
    const { browser, left } = await away();
    const stay = stayOf(left.url);
    const path = `${stay.id}?login_state=${stay.login_state}`;
    const read = await callLogin(path);
    assert.equal(read.status, 200, JSON.stringify(read.body));
    assert.deepEqual(
      [read.body['id'], read.body['client_id'], read.body['login_approved'], read.body['authentication_context']],
      [stay.id, client.id, false, {}],
    );
    const accept = { ...stay, subject: 'member-1' };
    for (const wrong of ['', `${stay.login_state.slice(0, -2)}AA`, stay.login_state.toUpperCase()])
      assert.equal((await callLogin(`${stay.id}?login_state=${wrong}`)).status, 404, wrong);
    assert.equal((await callLogin(path, undefined, loginClient, 'system')).status, 401, 'another tenant');
    assert.equal((await callLogin(path, undefined, consentClient)).status, 401, 'no scope for that');
    assert.equal((await callConsent(path)).status, 404, 'the page of another step');
    assert.equal((await callLogin(`${stay.id}/accept`, { ...accept, login_state: 'x' })).status, 404);
    assert.equal((await callLogin(`${stay.id}/accept`, { ...accept, id: 'another' })).status, 422);
    assert.equal((await callLogin(`${stay.id}/accept`, { ...stay })).status, 422, 'nobody');
    const ahead = new Date(Date.now() + 600_000).toISOString();
    assert.equal((await callLogin(`${stay.id}/accept`, { ...accept, auth_time: ahead })).status, 422);
    assert.equal((await callLogin(path)).status, 200, 'none of that has answered it');

    const asked = await browser.open(await signInThere(left.url));
    const grant = stayOf(asked.url);
    const request = await callConsent(`${grant.id}?login_state=${grant.login_state}`);
    assert.deepEqual(
      [request.body['login_approved'], request.body['subject'], request.body['idp_id']],
      [true, subjectFor('hash', portal, 'member-1'), portal],
    );
    for (const granted_scopes of [['offline_access'], ['made_up'], ['openid', 'admin']])
      assert.equal((await callConsent(`${grant.id}/accept`, { ...grant, granted_scopes })).status, 422);
    assert.equal((await callConsent(`${grant.id}/accept`, { ...grant, login_state: '' })).status, 404);
  });

  it('is answered once, at each of the two', async () => {
    const { browser, left } = await away();
    const stay = stayOf(left.url);
    const both = await Promise.all(
      ['member-1', 'member-2'].map((subject) => callLogin(`${stay.id}/accept`, { ...stay, subject })),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 404]);
    assert.equal((await callLogin(`${stay.id}/reject`, stay)).status, 404);
    const won = both.find(({ status }) => status === 200);
    const asked = await browser.open(String(won?.body['redirect_to']));
    isAt(asked, consentPage);
    const grant = stayOf(asked.url);
    const decisions = await Promise.all(
      ['accept', 'reject'].map((what) => callConsent(`${grant.id}/${what}`, { ...grant, granted_scopes: ['openid'] })),
    );
    assert.deepEqual(decisions.map(({ status }) => status).sort(), [200, 404]);
  });

  it('signs nobody in as whom a lured stranger is: the ticket counts in the browser that began', async () => {
    const attacker = await away();
    const ticket = await signInThere(attacker.left.url);
    assert.equal((await newBrowser().open(ticket)).status, 403);
    const own = await away();
    const guessed = await own.browser.open(`${ticket.origin}${ticket.pathname}?ticket=${'A'.repeat(43)}`);
    assert.equal(guessed.status, 403);

    const begunHere = await attacker.browser.open(`${ticket.origin}${ticket.pathname.replace(/\/return$/, '')}`);
    assert.ok(hasForm(begunHere, '/steps/authenticate'), titleOf(begunHere));
    const anew = await attacker.browser.submit(begunHere, '/steps/authenticate');
    assert.notEqual(stayOf(anew.url).id, stayOf(attacker.left.url).id);
    const old = await attacker.browser.open(ticket);
    assert.match(titleOf(old), /Sign in at Portal/, 'the ticket of the stay before is void');
    isAt(await attacker.browser.open(await signInThere(anew.url)), consentPage);
  });

  it('takes one login’s ticket for no other of the same browser', async () => {
    const one = await away();
    const two = await away({}, one.browser);
    const ticket = (await signInThere(one.left.url)).searchParams.get('ticket') ?? '';
    const other = (await signInThere(two.left.url)).pathname;
    const crossed = await one.browser.open(`${platform.origin}${other}?ticket=${ticket}`);
    assert.ok(!crossed.left, crossed.url.href);
    assert.match(titleOf(crossed), /Sign in at Portal/);
  });

  it('hands each page’s error to the application', async () => {
    const first = await away();
    const stay = stayOf(first.left.url);
    const rejected = await callLogin(`${stay.id}/reject`, { ...stay, error: 'locked', error_description: 'for today' });
    const told = await first.browser.open(String(rejected.body['redirect_to']));
    assert.deepEqual(
      ['error', 'error_description', 'state', 'code'].map((name) => told.url.searchParams.get(name)),
      ['locked', 'for today', first.begun.state, null],
    );
    const second = await deciding();
    const grant = stayOf(second.left.url);
    const denied = await callConsent(`${grant.id}/reject`, {
      ...grant,
      error: 'rejected',
      error_cause: 'consent_rejected',
      error_description: 'not this one',
      status_code: 403,
    });
    const end = await second.browser.open(String(denied.body['redirect_to']));
    assert.equal(end.url.searchParams.get('error'), 'rejected', end.url.href);
    assert.equal(end.url.searchParams.get('error_description'), 'not this one');
  });

  it('goes on after every process was away while the person was there, at either page', async () => {
    const restart = async () => {
      await Promise.all([platform.server.kill(), platform.worker.kill()]);
      await Promise.all([platform.server.start(), platform.worker.start()]);
    };
    const { browser, begun, left } = await away();
    await restart();
    const asked = await browser.open(await signInThere(left.url));
    isAt(asked, consentPage);
    await restart();
    const done = await browser.open(await decideThere(asked.url, ['openid']));
    assert.ok(done.url.searchParams.has('code'), done.url.href);
    await redeem(config, begun, done.url);
  });
});
