import assert from 'node:assert/strict';
import { matchesAny } from '../../../server/oauth2/client-model.ts';
import { answered, post, redeem, redirectUri, startEngine } from '../../support/engine.ts';
import type { TestEngine, TestWorkspace } from '../../support/engine.ts';

describe('matchesAny', () => {
  it('takes each of the secrets, whole', () => {
    assert.equal(matchesAny('one', ['one', 'two']), true);
    assert.equal(matchesAny('two', ['one', 'two']), true);
    for (const wrong of ['', 'on', 'one\0', 'three']) assert.equal(matchesAny(wrong, ['one', 'two']), false, wrong);
    assert.equal(matchesAny('', []), false);
  });
});

describe('guardClients', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  before(async () => {
    engine = await startEngine();
    shop = await engine.addWorkspace();
  });
  after(() => engine.stop());

  const machine = { grant_type: 'client_credentials', scope: 'orders' };

  it('takes a replaced secret until its time, beside the current one', async () => {
    const client = shop.addClient({}, { rotatedSecrets: [{ secret: 'the-old-secret', until: Date.now() + 60_000 }] });
    const withOld = { ...client, secret: 'the-old-secret' };
    assert.equal((await post(shop, '/oauth2/token', client, machine)).status, 200);
    assert.equal((await post(shop, '/oauth2/token', withOld, machine)).status, 200);
    assert.equal((await post(shop, '/oauth2/token', { ...client, secret: 'wrong' }, machine)).status, 401);
    engine.shift(61_000);
    assert.equal((await post(shop, '/oauth2/token', withOld, machine)).status, 401);
    assert.equal((await post(shop, '/oauth2/token', client, machine)).status, 200);
    engine.shift(-61_000);
  });

  it('sees a changed secret at once', async () => {
    const client = shop.addClient({});
    assert.equal((await post(shop, '/oauth2/token', client, machine)).status, 200);
    shop.clients.set(client.id, { ...client, secret: 'another' });
    assert.equal((await post(shop, '/oauth2/token', client, machine)).status, 401);
  });

  it('refuses an inactive client at token, PAR and authorize, and its code (RFC 6749 §5.2)', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    const code = await browser.login(client);
    const waiting = await browser.commit(await browser.authorize(client, { prompt: 'login' }));
    shop.clients.set(client.id, { ...client, status: 'inactive' });

    const token = await post(shop, '/oauth2/token', client, machine);
    assert.equal(token.status, 400);
    assert.equal(token.body['error'], 'unauthorized_client');
    assert.equal((await redeem(shop, client, browser, code)).body['error'], 'unauthorized_client');
    const pushed = await post(shop, '/par', client, {
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    });
    assert.equal(pushed.body['error'], 'unauthorized_client');
    assert.equal(answered(await browser.authorize(client)).get('error'), 'unauthorized_client');
    assert.equal(answered(await browser.fetch(waiting)).get('error'), 'unauthorized_client');
  });

  it('does not tell a caller with a wrong secret that a client is inactive', async () => {
    const client = shop.addClient({}, { status: 'inactive' });
    const { body } = await post(shop, '/oauth2/token', { ...client, secret: 'wrong' }, machine);
    assert.equal(body['error'], 'invalid_client');
  });

  it('lets people sign out of an inactive client', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    await redeem(shop, client, browser, await browser.login(client));
    shop.clients.set(client.id, { ...client, status: 'inactive' });
    const page = await (await browser.fetch(`${shop.issuer}/oidc/logout?client_id=${client.id}`)).text();
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const body = new URLSearchParams({ xsrf, logout: 'yes' });
    const confirmed = await browser.fetch(`${shop.issuer}/oidc/logout/confirm`, { method: 'POST', body });
    assert.equal(confirmed.status, 303);
  });
});
