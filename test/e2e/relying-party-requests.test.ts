/** What an application may demand of a login, and that each demand ends: with a code, an error at the client, or a page. */
import assert from 'node:assert/strict';
import type * as oidc from 'openid-client';
import type { Client } from '../../server/clients/client.ts';
import { callbackUri, openBackOffice, type BackOffice } from '../support/back-office.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { authenticate, begin, connect, redeem, signIn } from '../support/relying-party.ts';
import { createWebBrowser, formOf, titleOf, type Shown, type WebBrowser } from '../support/web-browser.ts';

const grace = { name: 'Grace Hopper', email: 'grace@example.com', password: 'a ship in port is safe' };

describe('demands of a relying party', () => {
  let platform: TestPlatform;
  let office: BackOffice;
  let client: Client;
  let config: oidc.Configuration;

  before(async function () {
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    client = await office.addClient();
    await office.addPerson(grace);
    config = await connect(platform.issuer, client);
  });
  after(async () => {
    await office.close();
    await platform.stop();
  });

  const ada = () => ({ identifier: platform.person.email, password: platform.person.password });
  const graceAgain = { identifier: grace.email, password: grace.password };
  const opened = async (browser: WebBrowser, parameters: Readonly<Record<string, string>>): Promise<Shown> =>
    browser.open((await begin(config, parameters)).url);

  /** Somebody's browser after a login of theirs. */
  async function signedIn(person = ada()) {
    const browser = createWebBrowser(platform.origin);
    const begun = await begin(config);
    const { url } = await signIn(browser, begun, person);
    return { browser, tokens: await redeem(config, begun, url) };
  }

  function assertRefused(page: Shown, code: string): void {
    assert.ok(page.left, `${String(page.status)} ${titleOf(page)} instead of ${code}`);
    assert.equal(page.url.origin + page.url.pathname, callbackUri);
    assert.equal(page.url.searchParams.get('error'), code, page.url.search);
    assert.equal(page.url.searchParams.get('iss'), platform.issuer, 'RFC 9207 §2');
    assert.equal(page.url.searchParams.has('code'), false);
  }

  describe('prompt=none (OIDC Core §3.1.2.1)', () => {
    it('signs in silently where a session and a consent are', async () => {
      const { browser, tokens } = await signedIn();
      const begun = await begin(config, { prompt: 'none' });
      const { url } = await browser.open(begun.url);
      const silent = await redeem(config, begun, url);
      assert.equal(silent.claims()?.sub, tokens.claims()?.sub);
      assert.equal(silent.claims()?.auth_time, tokens.claims()?.auth_time);
    });

    it('signs in silently to an application the deployment trusts, though the person never met it', async () => {
      const { browser, tokens } = await signedIn();
      const trusted = await connect(platform.issuer, await office.addClient({ client_name: 'First party' }, true));
      const begun = await begin(trusted, { prompt: 'none' });
      const { url } = await browser.open(begun.url);
      const silent = await redeem(trusted, begun, url);
      assert.equal(silent.scope, 'openid profile email phone');
      assert.equal(silent.claims()?.sub, tokens.claims()?.sub);
      assert.equal(silent.claims()?.auth_time, tokens.claims()?.auth_time);
    });

    it('answers login_required without a session', async () => {
      assertRefused(await opened(createWebBrowser(platform.origin), { prompt: 'none' }), 'login_required');
    });

    it('answers consent_required for a scope never agreed to', async () => {
      const { browser } = await signedIn();
      assertRefused(await opened(browser, { prompt: 'none', scope: 'openid offline_access' }), 'consent_required');
    });

    it('answers consent_required to an application the person never met', async () => {
      const { browser } = await signedIn();
      const other = await connect(platform.issuer, await office.addClient({ client_name: 'Another' }));
      const page = await browser.open((await begin(other, { prompt: 'none' })).url);
      assertRefused(page, 'consent_required');
    });

    it('answers login_required when the session is older than max_age', async () => {
      const { browser } = await signedIn();
      assertRefused(await opened(browser, { prompt: 'none', max_age: '0' }), 'login_required');
    });

    it('answers login_required when the hint names somebody else', async () => {
      const { tokens } = await signedIn(graceAgain);
      const { browser } = await signedIn();
      assertRefused(await opened(browser, { prompt: 'none', id_token_hint: tokens.id_token ?? '' }), 'login_required');
    });
  });

  it('asks for the password again at prompt=login, and says when (OIDC Core §3.1.2.1)', async () => {
    const { browser, tokens } = await signedIn();
    const begun = await begin(config, { prompt: 'login' });
    const page = await browser.open(begun.url);
    formOf(page, '/authenticate');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const { url } = await authenticate(browser, page, ada());
    const again = await redeem(config, begun, url);
    assert.equal(again.claims()?.sub, tokens.claims()?.sub);
    assert.ok(Number(again.claims()?.auth_time) > Number(tokens.claims()?.auth_time));
  });

  it('asks for the password again when max_age has passed, and openid-client believes the answer', async () => {
    const { browser } = await signedIn();
    const begun = await begin(config, { max_age: '0' });
    const page = await browser.open(begun.url);
    const { url } = await authenticate(browser, page, ada());
    assert.ok((await redeem(config, begun, url, 0)).claims()?.auth_time);
  });

  it('goes on from a session that max_age allows', async () => {
    const { browser } = await signedIn();
    const begun = await begin(config, { max_age: '3600' });
    const page = await browser.open(begun.url);
    assert.ok(page.left, titleOf(page));
    await redeem(config, begun, page.url, 3600);
  });

  for (const [what, parameters, error] of [
    [
      'claims.sub of another person',
      { claims: JSON.stringify({ id_token: { sub: { value: 'nobody' } } }) },
      'login_required',
    ],
    [
      'an essential acr nobody can have',
      { claims: JSON.stringify({ id_token: { acr: { essential: true, values: ['urn:gold'] } } }) },
      'unmet_authentication_requirements',
    ],
  ] as const) {
    it(`ends ${what} with an error at the client, after one login`, async () => {
      const browser = createWebBrowser(platform.origin);
      assertRefused(await authenticate(browser, await opened(browser, parameters), ada()), error);
    });

    it(`ends ${what} with an error at the client although a session is there`, async () => {
      const { browser } = await signedIn();
      const page = await opened(browser, parameters);
      assertRefused(page.left ? page : await authenticate(browser, page, ada()), error);
    });

    it(`ends ${what} at prompt=none`, async () => {
      const { browser } = await signedIn();
      const page = await opened(browser, { ...parameters, prompt: 'none' });
      assert.ok(page.left && page.url.searchParams.has('error'), titleOf(page));
    });
  }

  it('ends an id_token_hint of another person with login_required, session or not', async () => {
    const { tokens } = await signedIn(graceAgain);
    const hint = { id_token_hint: tokens.id_token ?? '' };
    const fresh = createWebBrowser(platform.origin);
    assertRefused(await authenticate(fresh, await opened(fresh, hint), ada()), 'login_required');

    const { browser } = await signedIn();
    const page = await opened(browser, hint);
    assertRefused(page.left ? page : await authenticate(browser, page, ada()), 'login_required');
  });

  it('lets the person of an id_token_hint in where another one had a session', async () => {
    const { tokens } = await signedIn(graceAgain);
    const { browser } = await signedIn();
    const begun = await begin(config, { id_token_hint: tokens.id_token ?? '' });
    const page = await authenticate(browser, await browser.open(begun.url), graceAgain);
    assert.ok(page.left, titleOf(page));
    assert.equal((await redeem(config, begun, page.url)).claims()?.sub, tokens.claims()?.sub);
  });

  for (const [what, change] of [
    ['an address that is not registered', { redirect_uri: 'https://evil.example/cb' }],
    ['a registered address with something behind it', { redirect_uri: `${callbackUri}/more` }],
    ['an unknown application', { client_id: 'nobody' }],
  ] as const) {
    it(`shows a page, and never redirects, for ${what} (RFC 6749 §4.1.2.1)`, async () => {
      const { url } = await begin(config);
      for (const [name, value] of Object.entries(change)) url.searchParams.set(name, value);
      const answer = await createWebBrowser(platform.origin).ask(url);
      assert.equal(answer.status, 400);
      assert.equal(answer.headers.get('location'), null);
      assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
      assert.doesNotMatch(await answer.text(), /evil\.example/);
    });
  }

  it('answers an unknown tenant with the published error body', async () => {
    for (const path of ['/nobody/demo/oauth2/authorize', '/default/nothing/.well-known/openid-configuration']) {
      const answer = await fetch(platform.origin + path);
      assert.equal(answer.status, 404, path);
      const body: unknown = await answer.json();
      assert.partialDeepStrictEqual(body, { status_code: 404, trace_id: answer.headers.get('x-trace-id') });
    }
  });

  it('answers a malformed body with 400 and the published error body', async () => {
    const posts = [
      ['/default/demo/oauth2/token', 'application/json', '{"grant_type":'],
      ['/default/demo/par', 'application/x-www-form-urlencoded', 'client_id=%E0%A4%A'],
      ['/default/demo/oauth2/introspect', 'text/plain', 'token'],
    ] as const;
    for (const [path, type, body] of posts) {
      const answer = await fetch(platform.origin + path, { method: 'POST', headers: { 'content-type': type }, body });
      assert.ok([400, 401].includes(answer.status), `${path} ${String(answer.status)}`);
      const told = (await answer.json()) as Record<string, unknown>;
      assert.equal(told['status_code'], answer.status);
      assert.equal(typeof told['error'], 'string');
      assert.doesNotMatch(JSON.stringify(told), /at .*\.(js|ts):/);
    }
  });
});
