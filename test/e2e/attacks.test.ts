/** What somebody tries who is not welcome, or not patient: each attack fails, and rows say so. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import type * as oidc from 'openid-client';
import type { Client } from '../../server/clients/client.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { allow, authenticate, begin, connect, redeem, signIn } from '../support/relying-party.ts';
import {
  createWebBrowser,
  formOf,
  titleOf,
  withoutSealed,
  type Shown,
  type WebBrowser,
} from '../support/web-browser.ts';

describe('attacks on a login', () => {
  let platform: TestPlatform;
  let office: BackOffice;
  let client: Client;
  let config: oidc.Configuration;

  before(async function () {
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    client = await office.addClient();
    config = await connect(platform.issuer, client);
  });
  after(async () => {
    await office.close();
    await platform.stop();
  });
  beforeEach(() => office.forgiveAttempts());

  const ada = () => ({ identifier: platform.person.email, password: platform.person.password });
  const newBrowser = () => createWebBrowser(platform.origin);

  /** A browser at the login page, where the consent is always asked for. */
  async function atLogin(browser = newBrowser()) {
    const begun = await begin(config, { prompt: 'consent' });
    return { browser, begun, page: await browser.open(begun.url) };
  }

  async function atConsent() {
    const { browser, begun, page } = await atLogin();
    return { browser, begun, page, consent: await authenticate(browser, page, ada()) };
  }

  const loginPath = ({ url }: Shown) => url.pathname;
  const nonceOf = (page: Shown, form: string) =>
    formOf(page, form).fields.find(([name]) => name === 'nonce')?.[1] ?? '';

  async function post(browser: WebBrowser, path: string, fields: Readonly<Record<string, string>>) {
    return browser.ask(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { origin: platform.origin },
    });
  }

  const consents = () => office.count('consents', { client_id: client.id });
  const proofs = () => office.count('proofs', { client_id: client.id });

  it('refuses the nonce of another interaction, of another step, and one made up', async () => {
    const mine = await atLogin();
    const other = await atLogin();
    const before = await proofs();
    const { identifier, password } = ada();
    const nonces = [nonceOf(other.page, '/authenticate'), 'made.up', '', `${nonceOf(mine.page, '/authenticate')}x`];
    for (const nonce of nonces) {
      const answer = await post(mine.browser, `${loginPath(mine.page)}/authenticate`, { nonce, identifier, password });
      assert.equal(answer.status, 400, nonce);
    }
    assert.equal(await proofs(), before);

    const { browser, page, consent } = await atConsent();
    const stale = nonceOf(page, '/authenticate');
    const decided = await consents();
    const answer = await post(browser, `${loginPath(consent)}/consent`, { nonce: stale, decision: 'allow' });
    assert.equal(answer.status, 400);
    assert.equal(await consents(), decided);
  });

  it('refuses a decision before anybody has proven who they are', async () => {
    const { browser, page } = await atLogin();
    const decided = await consents();
    const nonce = nonceOf(page, '/authenticate');
    const answer = await post(browser, `${loginPath(page)}/consent`, { nonce, decision: 'allow', scope: 'openid' });
    assert.equal(answer.status, 400);
    formOf({ ...page, text: await answer.text() }, '/authenticate');
    assert.equal(await consents(), decided);
  });

  it('grants no scope that was not requested, whatever the form says', async () => {
    const begun = await begin(config, { scope: 'openid email', prompt: 'consent' });
    const browser = newBrowser();
    const consent = await authenticate(browser, await browser.open(begun.url), ada());
    const { url } = await allow(browser, consent, ['openid', 'email', 'phone', 'offline_access', 'manage_tenants']);
    const tokens = await redeem(config, begun, url);
    assert.equal(tokens.scope, 'openid email');
    assert.equal(tokens.refresh_token, undefined);
  });

  it('knows no step of a plugin that is not switched on', async () => {
    const { browser, consent } = await atConsent();
    const before = await proofs();
    for (const step of ['terms', 'consent', 'authenticate', '__proto__', 'commit']) {
      const nonce = nonceOf(consent, '/consent');
      const answer = await post(browser, `${loginPath(consent)}/steps/${step}`, { nonce, accept: 'yes' });
      assert.equal(answer.status, 400, step);
    }
    assert.equal(await proofs(), before);
  });

  it('lets nobody go on in a login begun in another browser (login CSRF, RFC 9700 §4.7)', async () => {
    const attacker = await atConsent();
    const victim = newBrowser();
    const seen = await victim.open(attacker.consent.url);
    assert.equal(seen.status, 403);
    assert.match(titleOf(seen), /another browser/);
    assert.doesNotMatch(seen.text, /\bAda\b|A test application/, 'it names neither person nor application');
    const nonce = nonceOf(attacker.consent, '/consent');
    const decided = await consents();
    const answer = await post(victim, `${loginPath(attacker.consent)}/consent`, { nonce, decision: 'allow' });
    assert.equal(answer.status, 403);
    assert.equal(await consents(), decided);

    // A victim with a login of their own is no better for it: each login has its own cookie.
    const own = await atLogin();
    const path = loginPath(attacker.consent);
    assert.equal((await own.browser.open(path)).status, 403);
  });

  it('gives no code to a browser that brings somebody else’s resume address', async () => {
    const attacker = await atConsent();
    const answer = await attacker.browser.ask(`${loginPath(attacker.consent)}/consent`, {
      method: 'POST',
      headers: { origin: platform.origin },
      body: new URLSearchParams({ nonce: nonceOf(attacker.consent, '/consent'), decision: 'allow', scope: 'openid' }),
    });
    const resume = answer.headers.get('location') ?? '';
    assert.match(resume, /\/oauth2\/authorize\//);
    const victim = await newBrowser().open(resume);
    assert.equal(victim.left, false);
    assert.equal(victim.status, 403);
    assert.match(titleOf(victim), /another browser/);
  });

  it('answers for no other host (421), so that no link of ours leads elsewhere', async () => {
    const { port } = new URL(platform.origin);
    for (const host of ['evil.example', `evil.example:${port}`, `localhost.evil.example:${port}`, 'localhost:1']) {
      for (const path of ['/default/demo/.well-known/openid-configuration', '/default/demo/demo', '/']) {
        assert.equal(await statusFor(port, path, { host }), 421, `${host} ${path}`);
      }
    }
    const forged = { host: `localhost:${port}`, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
    const answer = await fetch(`${platform.issuer}/.well-known/openid-configuration`, { headers: forged });
    assert.equal(((await answer.json()) as { issuer: string }).issuer, platform.issuer);
  });

  it('follows no address that a request brings along', async () => {
    const { browser, page } = await atLogin();
    const evil = 'https://evil.example/';
    const names = [
      'returnTo',
      'return_to',
      'redirect',
      'redirect_uri',
      'next',
      'continue',
      'go_to',
      'url',
      'idp',
      'notice',
    ];
    for (const name of names) {
      const shown = await browser.ask(`${loginPath(page)}?${new URLSearchParams({ [name]: evil }).toString()}`);
      assert.doesNotMatch(shown.headers.get('location') ?? '', /evil/, name);
      assert.doesNotMatch(await shown.text(), /evil\.example/, name);
    }
    const nonce = nonceOf(page, '/authenticate');
    const posted = await post(browser, `${loginPath(page)}/authenticate?returnTo=${evil}`, {
      nonce,
      ...ada(),
      returnTo: evil,
    });
    assert.equal(new URL(posted.headers.get('location') ?? '', platform.origin).origin, platform.origin);
    for (const path of ['//evil.example/default/demo/demo', '/default/demo/login/https:%2F%2Fevil.example']) {
      assert.doesNotMatch((await browser.ask(platform.origin + path)).headers.get('location') ?? '', /evil/, path);
    }
    const logout = await browser.open(
      `${platform.issuer}/oidc/logout?post_logout_redirect_uri=${evil}&client_id=${client.id}`,
    );
    assert.equal(logout.left, false);
  });

  it('does not tell a stranger’s address from a known one by the page (compared byte by byte)', async () => {
    const pages: string[] = [];
    for (const identifier of ['ada@example.com', 'nobody@example.com']) {
      const { browser, page } = await atLogin();
      const wrong = await authenticate(browser, page, { identifier, password: 'not the password' });
      assert.equal(wrong.status, 400);
      const nonce = nonceOf(wrong, '/authenticate');
      const uid = loginPath(page).split('/').at(-1) ?? '';
      pages.push(withoutSealed(wrong.text).replaceAll(nonce, '').replaceAll(identifier, '').replaceAll(uid, ''));
    }
    assert.equal(pages[0], pages[1]);
  });

  it('starts no login from another site’s form with a session it does not hold', async () => {
    const victim = newBrowser();
    await signIn(victim, await begin(config), ada());
    const { page } = await atLogin();
    const answer = await victim.ask(`${loginPath(page)}/cancel`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: new URLSearchParams({ nonce: nonceOf(page, '/cancel') }),
    });
    assert.equal(answer.status, 403);
  });
});

function statusFor(port: string, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}
