/** What a person allows an application, what they do not, and what is remembered; and settings that change meanwhile. */
import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { callbackUri, openBackOffice, type BackOffice } from '../support/back-office.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { allow, authenticate, begin, connect, redeem, signIn } from '../support/relying-party.ts';
import { createWebBrowser, formOf, titleOf } from '../support/web-browser.ts';

describe('consent and settings, as a relying party meets them', () => {
  let platform: TestPlatform;
  let office: BackOffice;

  before(async function () {
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
  });
  after(async () => {
    await office.close();
    await platform.stop();
  });

  const ada = () => ({ identifier: platform.person.email, password: platform.person.password });

  /** An application nobody knows yet, with a browser nobody signed in from. */
  async function stranger(trusted = false) {
    const client = await office.addClient({}, trusted);
    return { client, config: await connect(platform.issuer, client), browser: createWebBrowser(platform.origin) };
  }

  it('grants what was ticked and nothing else: neither scope nor claim of the rest', async () => {
    const { config, browser } = await stranger();
    const begun = await begin(config);
    const consent = await authenticate(browser, await browser.open(begun.url), ada());
    const { url } = await allow(browser, consent, ['openid', 'profile', 'email']);
    const tokens = await redeem(config, begun, url);
    assert.equal(tokens.scope, 'openid profile email');
    assert.equal(tokens.claims()?.['phone_number'], undefined);
    const info = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '');
    assert.deepEqual([info.email, info.phone_number], ['ada@example.com', undefined]);
  });

  it('asks again for what was denied, unticked, and remembers what was allowed', async () => {
    const { config, browser } = await stranger();
    const first = await begin(config);
    await allow(browser, await authenticate(browser, await browser.open(first.url), ada()), ['openid', 'email']);
    // Where the session lasts, the person's «no» is not asked again.
    const same = await browser.open((await begin(config)).url);
    assert.ok(same.left && same.url.searchParams.has('code'), titleOf(same));
    const other = createWebBrowser(platform.origin);
    const page = await authenticate(other, await other.open((await begin(config)).url), ada());
    const form = formOf(page, '/consent');
    const named = (fields: typeof form.fields) => fields.filter(([name]) => name === 'scope').map(([, value]) => value);
    assert.deepEqual(named(form.fields), ['openid', 'email']);
    assert.deepEqual(named(form.unticked), ['profile', 'phone']);
  });

  it('remembers: the second login asks for no consent, in this browser nor in another', async () => {
    const { config, browser } = await stranger();
    await signIn(browser, await begin(config), ada());
    const here = await browser.open((await begin(config)).url);
    assert.ok(here.left && here.url.searchParams.has('code'), titleOf(here));
    const other = createWebBrowser(platform.origin);
    const there = await authenticate(other, await other.open((await begin(config)).url), ada());
    assert.ok(there.left && there.url.searchParams.has('code'), titleOf(there));
  });

  it('asks although it remembers, at prompt=consent (OIDC Core §3.1.2.1)', async () => {
    const { config, browser } = await stranger();
    await signIn(browser, await begin(config), ada());
    const begun = await begin(config, { prompt: 'consent' });
    const page = await browser.open(begun.url);
    const { url } = await allow(browser, page);
    assert.ok((await redeem(config, begun, url)).access_token);
  });

  it('hands a denial to the application as access_denied, and remembers nothing (RFC 6749 §4.1.2.1)', async () => {
    const { client, config, browser } = await stranger();
    const begun = await begin(config);
    const consent = await authenticate(browser, await browser.open(begun.url), ada());
    const gone = await browser.submit(consent, '/consent', { decision: 'deny' });
    assert.equal(gone.url.origin + gone.url.pathname, callbackUri);
    assert.equal(gone.url.searchParams.get('error'), 'access_denied');
    assert.equal(gone.url.searchParams.get('state'), begun.state);
    assert.equal(await office.count('consents', { client_id: client.id }), 0);
    const silent = await browser.open((await begin(config, { prompt: 'none' })).url);
    assert.equal(silent.url.searchParams.get('error'), 'login_required');
  });

  it('asks nothing of the person for an application the deployment trusts', async () => {
    const { config, browser } = await stranger(true);
    const begun = await begin(config);
    const page = await authenticate(browser, await browser.open(begun.url), ada());
    assert.ok(page.left, titleOf(page));
    assert.equal((await redeem(config, begun, page.url)).scope, 'openid profile email phone');
  });

  it('follows changed settings without a restart, and old tokens go on', async () => {
    const { config, browser } = await stranger();
    const begun = await begin(config, { scope: 'openid email offline_access' });
    const { url } = await signIn(browser, begun, ada());
    const before = await redeem(config, begun, url);
    assert.equal(decodeJwt(before.access_token).iss, platform.issuer);

    await office.changeSettings({ access_token_strategy: 'opaque', access_token_ttl: '5m0s' });
    let after = await oidc.refreshTokenGrant(config, before.refresh_token ?? '');
    // Another process may believe a revision for a second.
    for (let attempt = 0; attempt < 20 && after.access_token.includes('.'); attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      after = await oidc.refreshTokenGrant(config, after.refresh_token ?? '');
    }
    assert.equal(after.access_token.includes('.'), false);
    assert.equal(after.expires_in, 300);
    for (const { access_token: token } of [before, after]) {
      assert.equal((await oidc.tokenIntrospection(config, token)).active, true);
      assert.equal((await oidc.fetchUserInfo(config, token, before.claims()?.sub ?? '')).email, 'ada@example.com');
    }
    await office.changeSettings({ access_token_strategy: 'jwt', access_token_ttl: '1h0m0s' });
  });

  it('answers every request while settings change under it', async () => {
    const { config } = await stranger();
    const statuses = new Set<number>();
    const asking = (async () => {
      for (let asked = 0; asked < 60; asked += 1) {
        statuses.add((await fetch(`${platform.issuer}/.well-known/openid-configuration`)).status);
        statuses.add((await fetch((await begin(config)).url, { redirect: 'manual' })).status);
      }
    })();
    for (const minutes of [2, 3, 4, 5]) await office.changeSettings({ id_token_ttl: `${String(minutes)}m0s` });
    await asking;
    assert.deepEqual([...statuses].sort(), [200, 303]);
  });
});
