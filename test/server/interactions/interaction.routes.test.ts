/** The addresses of a login: which there are, by which method, and how much they take. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { createWebBrowser, type WebBrowser } from '../../support/web-browser.ts';
import { asking, startWebLogin, type WebLogin } from '../../support/web-login.ts';

describe('/:tid/:aid/login/:uid', () => {
  let house: WebLogin;
  let client: Client;
  let browser: WebBrowser;
  let path: string;

  before(async () => {
    house = await startWebLogin();
    client = await house.addClient();
  });
  after(() => house.stop());
  beforeEach(async () => {
    browser = createWebBrowser(house.origin);
    path = (await browser.open(asking(house.issuer, client))).url.pathname;
  });

  const posted = ['authenticate', 'consent', 'start-over', 'cancel', 'steps/terms'];

  it('takes no form without its nonce, whatever the step', async () => {
    for (const step of posted) {
      const answer = await browser.ask(`${path}/${step}`, {
        method: 'POST',
        body: new URLSearchParams({ nonce: 'made.up' }),
      });
      assert.equal(answer.status, 400, step);
      assert.match(await answer.text(), /<form/, 'the page of the step is shown again');
    }
  });

  it('takes no form without a body, and none of another kind', async () => {
    for (const step of posted) {
      assert.equal((await browser.ask(`${path}/${step}`, { method: 'POST' })).status, 400, step);
      const json = { method: 'POST', body: '{"nonce":"x"}', headers: { 'content-type': 'application/json' } };
      assert.equal((await browser.ask(`${path}/${step}`, json)).status, 400, step);
    }
  });

  it('sends a browser that asks for a form’s address to the login', async () => {
    for (const step of posted) {
      const answer = await browser.ask(`${path}/${step}`);
      assert.deepEqual([answer.status, answer.headers.get('location')], [303, path], step);
    }
  });

  it('bounds what is posted', async () => {
    const large = new URLSearchParams({ password: 'x'.repeat(40_000) });
    assert.equal((await browser.ask(`${path}/authenticate`, { method: 'POST', body: large })).status, 413);
    const many = new URLSearchParams(Array.from({ length: 400 }, (_, n): [string, string] => [`f${String(n)}`, '']));
    assert.equal((await browser.ask(`${path}/consent`, { method: 'POST', body: many })).status, 413);
  });

  it('has no other address', async () => {
    assert.equal((await browser.ask(`${path}/grant`, { method: 'POST' })).status, 404);
  });
});
