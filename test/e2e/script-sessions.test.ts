/** Single sign-on where a script decides: it is asked for each application, and nobody signs in again for it. */
import assert from 'node:assert/strict';
import type * as oidc from 'openid-client';
import type { Client } from '../../server/clients/client.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { publishChoice, publishScript, withdrawChoice } from '../support/demo-scripts.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { allow, authenticate, begin, connect, redeem, type Begun } from '../support/relying-party.ts';
import { typed } from '../support/scripts.ts';
import { createWebBrowser, hasForm, titleOf, type Shown, type WebBrowser } from '../support/web-browser.ts';

const source = typed(
  `if (event.client.name === 'Vault') return api.deny('not_for_everybody');
   if (event.client.name === 'Slow') await api.sleep('2s');
   api.claims.set('seen', event.client.name + ' ' + (await api.cache.incr(event.client.id)));`,
  `effects: ['claims', 'deny', 'sleep'],`,
);

describe('a session that a script is asked about', function () {
  this.timeout(120_000);
  let platform: TestPlatform;
  let office: BackOffice;
  const clients = new Map<string, { readonly client: Client; readonly config: oidc.Configuration }>();

  before(async function () {
    this.timeout(120_000);
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    for (const name of ['Ledger', 'Letters', 'Vault', 'Slow']) {
      const client = await office.addClient({ client_name: name }, name !== 'Letters');
      clients.set(name, { client, config: await connect(platform.issuer, client) });
    }
    await publishScript(office, 'seen', source, ['seen']);
  });
  after(async () => {
    await office.close();
    await platform.stop();
  });
  beforeEach(() => office.forgiveAttempts());

  const of = (name: string) => {
    const found = clients.get(name);
    assert.ok(found);
    return found;
  };
  async function open(
    browser: WebBrowser,
    name: string,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly begun: Begun; readonly page: Shown }> {
    const begun = await begin(of(name).config, parameters);
    return { begun, page: await browser.open(begun.url) };
  }
  async function seen(name: string, begun: Begun, answer: Shown): Promise<unknown> {
    assert.ok(answer.left, titleOf(answer));
    assert.equal(answer.url.searchParams.get('error'), null, answer.url.search);
    return (await redeem(of(name).config, begun, answer.url)).claims()?.['seen'];
  }
  /** @returns a browser with a session, made at the application Ledger */
  async function signedIn(): Promise<WebBrowser> {
    const browser = createWebBrowser(platform.origin);
    const { begun, page } = await open(browser, 'Ledger');
    const { email: identifier, password } = platform.person;
    const answer = await authenticate(browser, page, { identifier, password });
    assert.match(String(await seen('Ledger', begun, answer)), /^Ledger \d+$/);
    return browser;
  }
  const countOf = (said: unknown): number => Number(String(said).split(' ')[1]);

  it('decides for each application, and asks no password for it', async () => {
    const browser = await signedIn();
    const { begun, page } = await open(browser, 'Letters');
    assert.equal(hasForm(page, '/authenticate'), false, titleOf(page));
    const answer = await allow(browser, page);
    assert.match(String(await seen('Letters', begun, answer)), /^Letters \d+$/);
  });

  it('holds for an application that it decided about, silently and not', async () => {
    const browser = await signedIn();
    const first = await open(browser, 'Ledger');
    const before = countOf(await seen('Ledger', first.begun, first.page));
    const silent = await open(browser, 'Ledger', { prompt: 'none' });
    assert.equal(countOf(await seen('Ledger', silent.begun, silent.page)), before);
  });

  it('decides within the request where the application may show nothing', async () => {
    const before = await signedIn();
    const asked = await open(before, 'Letters');
    const allowed = asked.page.left ? asked.page : await allow(before, asked.page);
    const count = countOf(await seen('Letters', asked.begun, allowed));
    // A session that this application is not known in yet.
    const { begun, page } = await open(await signedIn(), 'Letters', { prompt: 'none' });
    assert.equal(countOf(await seen('Letters', begun, page)), count + 1);
  });

  it('denies one application, and leaves the session as it is', async () => {
    const browser = await signedIn();
    for (const parameters of [{}, { prompt: 'none' }]) {
      const { page } = await open(browser, 'Vault', parameters);
      assert.ok(page.left, titleOf(page));
      assert.equal(page.url.searchParams.get('error'), 'access_denied', page.url.search);
      assert.doesNotMatch(page.url.search, /not_for_everybody/);
    }
    const { begun, page } = await open(browser, 'Ledger', { prompt: 'none' });
    assert.match(String(await seen('Ledger', begun, page)), /^Ledger \d+$/);
  });

  it('waits with its person, unless nothing may be shown', async () => {
    const browser = await signedIn();
    const silent = await open(browser, 'Slow', { prompt: 'none' });
    assert.equal(silent.page.url.searchParams.get('error'), 'interaction_required', silent.page.url.search);
    const { begun, page } = await open(browser, 'Slow');
    assert.equal(hasForm(page, '/authenticate'), false, titleOf(page));
    let answer = page;
    for (let tries = 0; !answer.left && tries < 300; tries += 1) {
      await new Promise((later) => setTimeout(later, 100));
      answer = await browser.open(page.url);
    }
    assert.match(String(await seen('Slow', begun, answer)), /^Slow \d+$/);
  });

  it('goes on past a script that chooses idps, where its idp is allowed', async () => {
    const browser = await signedIn();
    const choice = `module.exports = async ({ client }) => ({ idps_ids: client.client_name === 'Slow' ? [] : ['demo-pool'] });`;
    await publishChoice(office, 'choose', choice);
    try {
      const { begun, page } = await open(browser, 'Letters');
      assert.equal(hasForm(page, '/authenticate'), false, titleOf(page));
      // It was allowed before, where another test came first.
      const answer = page.left ? page : await allow(browser, page);
      assert.match(String(await seen('Letters', begun, answer)), /^Letters \d+$/);
      const silent = await open(browser, 'Ledger', { prompt: 'none' });
      assert.match(String(await seen('Ledger', silent.begun, silent.page)), /^Ledger \d+$/);
      const refused = await open(browser, 'Slow', { prompt: 'none' });
      assert.equal(refused.page.url.searchParams.get('error'), 'interaction_required', refused.page.url.search);
      assert.match(titleOf((await open(browser, 'Slow')).page), /Nobody can sign in/);
    } finally {
      await withdrawChoice(office);
    }
  });

  it('asks for the password again where the application says so', async () => {
    const browser = await signedIn();
    const { page } = await open(browser, 'Letters', { prompt: 'login' });
    assert.equal(hasForm(page, '/authenticate'), true, titleOf(page));
  });
});
