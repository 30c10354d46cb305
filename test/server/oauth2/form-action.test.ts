import assert from 'node:assert/strict';
import { withFormAction } from '../../../server/oauth2/form-action.ts';
import { redeem } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';

describe('withFormAction', () => {
  it('adds sources to that directive alone', () => {
    const policy = "default-src 'self'; form-action 'self'; base-uri 'none'";
    assert.match(
      withFormAction(policy, ['https://app.example']),
      /^default-src 'self';form-action 'self' https:\/\/app\.example; base-uri 'none'$/,
    );
    assert.equal(withFormAction("form-action 'none'", ['app:']), 'form-action app:');
    assert.equal(withFormAction("default-src 'self'", ['app:']), "default-src 'self'");
  });
});

describe('forms that lead to a client', () => {
  let engine: TestEngine;
  before(async () => {
    engine = await startEngine("form-action 'self'");
  });
  after(() => engine.stop());

  it('may lead to the address where signing out ends', async () => {
    const shop = await engine.addWorkspace();
    const client = shop.addClient({ post_logout_redirect_uris: ['https://bye.example/'] });
    const browser = engine.browser(shop);
    const { body } = await redeem(shop, client, browser, await browser.login(client));
    const logout = async (uri: string): Promise<string | null> => {
      const query = new URLSearchParams({ id_token_hint: String(body['id_token']), post_logout_redirect_uri: uri });
      const page = await browser.fetch(`${shop.issuer}/oidc/logout?${query.toString()}`);
      return page.headers.get('content-security-policy');
    };
    assert.equal(await logout('https://bye.example/'), "form-action 'self' https://bye.example");
    assert.equal(await logout('https://evil.example/'), "form-action 'self'");
  });

  it('may carry an answer to the client, and to nobody who only says to be one', async () => {
    const shop = await engine.addWorkspace();
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    const good = await browser.authorize(client, { prompt: 'none', response_mode: 'form_post' });
    assert.equal(good.headers.get('content-security-policy'), "form-action 'self' https://app.example");
    const evil = await browser.authorize(client, { redirect_uri: 'https://evil.example/', response_mode: 'form_post' });
    assert.equal(evil.headers.get('content-security-policy'), "form-action 'self'");
  });
});
