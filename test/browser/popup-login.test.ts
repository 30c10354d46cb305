/** An application of another origin opens the login in a popup, and has its opener when it comes back, in Chromium. */
import assert from 'node:assert/strict';
import express from 'express';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { serve, type Served } from '../support/serve.ts';
import { asking, password, startWebLogin, type WebLogin } from '../support/web-login.ts';

describe('a login in a popup', function () {
  let browser: Browser;
  let house: WebLogin;
  let application: Served;
  let context: BrowserContext;
  let opener: Page;
  let callback: string;

  before(async function () {
    const launched = await launchBrowser();
    if (launched === undefined) this.skip(); // launchBrowser has printed why
    browser = launched;
    house = await startWebLogin();
    const app = express();
    app.get('/', (_req, res) => {
      res.type('html').send('<title>application</title>');
    });
    app.get('/callback', (_req, res) => {
      // What client libraries do (oidc-client-ts: PopupWindow.notifyOpener), and what is lost without an opener.
      res.type('html').send('<title>back</title><script>opener.postMessage(location.search, origin); close()</script>');
    });
    application = await serve(app);
    callback = `${application.origin}/callback`;
  });
  after(async () => {
    await browser.close();
    await application.close();
    await house.stop();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    context.setDefaultTimeout(30_000);
    opener = await context.newPage();
    await opener.goto(`${application.origin}/`);
    assert.notEqual(
      new URL(application.origin).hostname,
      new URL(house.origin).hostname,
      'another origin, and another site',
    );
  });
  afterEach(() => context.close());

  /** As `window.open` of the application; what it is told later is kept in its window. */
  async function popUp(address: string): Promise<Page> {
    const shown = context.waitForEvent('page');
    await opener.evaluate(`
      addEventListener('message', ({ data }) => (globalThis.told = data));
      globalThis.popup = open(${JSON.stringify(address)}, '_blank', 'width=500,height=700');
    `);
    const popup = await shown;
    await popup.waitForLoadState();
    return popup;
  }
  const isReachable = () => opener.evaluate<boolean>('!popup.closed');

  it('reaches its application after login and consent, with the code', async () => {
    const client = await house.addClient({ redirect_uris: [callback] });
    const popup = await popUp(asking(house.issuer, client, { redirect_uri: callback }).href);
    await popup.getByLabel('Email, phone or user name').fill('ada');
    await popup.getByLabel('Password', { exact: true }).fill('a wrong one');
    await popup.getByRole('button', { name: 'Sign in', exact: true }).click();
    await popup.getByText('did not match').or(popup.getByRole('alert')).first().waitFor();
    assert.equal(await isReachable(), true, 'after a page that was shown again');
    await popup.getByLabel('Password', { exact: true }).fill(password);
    await popup.getByRole('button', { name: 'Sign in', exact: true }).click();
    const allow = popup.getByRole('button', { name: 'Allow', exact: true });
    await allow.waitFor();
    assert.equal(await isReachable(), true, 'at the consent');
    await allow.click();
    await opener.waitForFunction('globalThis.told !== undefined');
    assert.match(await opener.evaluate<string>('told'), /^\?code=.+&state=some-state/);
  });

  it('reaches its application when the person declines', async () => {
    const client = await house.addClient({ redirect_uris: [callback] });
    const popup = await popUp(asking(house.issuer, client, { redirect_uri: callback }).href);
    await popup
      .getByRole('button', { name: /Cancel|back/i })
      .first()
      .click();
    await opener.waitForFunction('globalThis.told !== undefined');
    assert.match(await opener.evaluate<string>('told'), /error=access_denied/);
  });

  it('keeps its application at the engine’s own pages: an error, and a sign-out', async () => {
    await popUp(`${house.issuer}/oauth2/authorize?client_id=nobody`);
    assert.equal(await isReachable(), true);
    await popUp(`${house.issuer}/oidc/logout`);
    assert.equal(await isReachable(), true);
  });

  it('is what no page outside of a login takes part in: an opener loses it', async () => {
    for (const path of ['/ops', '/', '/default/demo/demo']) {
      await popUp(`${house.origin}${path}`);
      // The window begins with an empty page, which is in reach until the one asked for takes its place.
      await opener.waitForFunction('popup.closed').catch(() => undefined);
      assert.equal(await isReachable(), false, path);
    }
  });
});
