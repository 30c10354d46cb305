/** What every page of a login comes with: headers, language, and a nonce of its own. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { createWebBrowser, formOf } from '../../support/web-browser.ts';
import { asking, startWebLogin, type WebLogin } from '../../support/web-login.ts';

describe('createLoginCanvas', () => {
  let house: WebLogin;
  let client: Client;

  before(async () => {
    house = await startWebLogin();
    client = await house.addClient();
  });
  after(() => house.stop());

  const begin = (parameters: Readonly<Record<string, string>> = {}, browser = createWebBrowser(house.origin)) =>
    browser.open(asking(house.issuer, client, parameters));

  it('lets the form end at the application, runs no strange script, and is kept by no cache', async () => {
    const { headers } = await begin();
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /form-action 'self' https:\/\/app\.example/);
    assert.doesNotMatch(policy, /unsafe-inline/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'same-origin');
  });

  it('speaks the language that the application asks for (OIDC Core §3.1.2.1, ui_locales)', async () => {
    assert.match((await begin({ ui_locales: 'pt' })).text, /<html lang="pt"/);
    assert.match((await begin()).text, /<html lang="en"/);
  });

  it('draws another nonce each time, and none that a person before was drawn', async () => {
    const browser = createWebBrowser(house.origin);
    const page = await begin({}, browser);
    const nonce = (shown: typeof page) => formOf(shown, '/authenticate').fields.find(([name]) => name === 'nonce')?.[1];
    assert.notEqual(nonce(page), nonce(await browser.open(page.url)));
  });
});
