/** What a workspace takes away is refused to clients that are still registered with it, at every endpoint. */
import assert from 'node:assert/strict';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Client } from '../../../server/clients/client.ts';
import { newId } from '../../../server/kernel/ids.ts';
import { answered, post, redeem } from '../../support/engine-browser.ts';
import { redirectUri, type TestWorkspace } from '../../support/engine-workspace.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';

describe('what was taken away from a workspace', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.stop());
  const all = ['authorization_code', 'implicit', 'client_credentials', 'refresh_token'] as const;
  beforeEach(async () => {
    shop = await engine.addWorkspace({ enforce_pkce: false, grant_types: [...all] });
  });

  const offline = { scope: 'openid offline_access orders', prompt: 'consent' };
  const bySelf = (client: Client, more: Readonly<Record<string, string>> = {}) =>
    post(shop, '/oauth2/token', client, { grant_type: 'client_credentials', ...more });
  const refreshed = (client: Client, token: unknown, more: Readonly<Record<string, string>> = {}) =>
    post(shop, '/oauth2/token', client, { grant_type: 'refresh_token', refresh_token: String(token), ...more });
  const pushed = (client: Client, more: Readonly<Record<string, string>> = {}) =>
    post(shop, '/par', client, { response_type: 'code', redirect_uri: redirectUri, scope: 'openid orders', ...more });
  /** A browser, and the parameters that the client got by it. */
  const loggedIn = async (client: Client, params?: Readonly<Record<string, string>>) => {
    const browser = engine.browser(shop);
    return [browser, await browser.login(client, params)] as const;
  };
  const grantedOffline = async (client: Client) => {
    const { status, body } = await redeem(shop, client, ...(await loggedIn(client, offline)));
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

  const refusedWith = async (answer: Promise<{ readonly body: Readonly<Record<string, unknown>> }>, error: string) => {
    const { body } = await answer;
    assert.deepEqual([body['error'], body['access_token']], [error, undefined]);
  };
  const sentBack = async (answer: Promise<Response>) => answered(await answer).get('error');

  it('leaves each grant type to those that were registered with it, and takes one away from all at once', async () => {
    const client = shop.addClient({ response_types: ['code', 'id_token'], grant_types: [...all] });
    const { refresh_token: refreshToken } = await grantedOffline(client);
    assert.equal((await bySelf(client)).status, 200);
    shop.change({ grant_types: ['authorization_code', 'refresh_token'] });
    await refusedWith(bySelf(client), 'unsupported_grant_type');
    const implicit = { response_type: 'id_token', nonce: 'n', scope: 'openid' };
    await refusedWith(pushed(client, implicit), 'unsupported_response_type');
    shop.change({ grant_types: ['authorization_code'] });
    await refusedWith(refreshed(client, refreshToken), 'unsupported_grant_type');
    const { body } = await redeem(shop, client, ...(await loggedIn(client, offline)));
    assert.ok(typeof body['access_token'] === 'string' && body['refresh_token'] === undefined);
  });

  it('answers no response type that was taken away: not pushed, not asked for, not at the end of a login', async () => {
    const client = shop.addClient({
      response_types: ['code', 'code id_token', 'id_token'],
      grant_types: ['authorization_code', 'implicit'],
    });
    const hybrid = { response_type: 'code id_token', nonce: 'n', scope: 'openid' };
    const offered = async () => {
      const discovery: unknown = await (await fetch(`${shop.issuer}/.well-known/openid-configuration`)).json();
      return Object.entries(discovery ?? {}).find(([name]) => name === 'response_types_supported')?.[1] as unknown;
    };
    assert.deepEqual(await offered(), ['code', 'code id_token', 'id_token']);
    const browser = engine.browser(shop);
    const waiting = await browser.authorize(client, hybrid);
    const before = await loggedIn(client);
    shop.change({ response_types: ['id_token'] });
    assert.deepEqual(await offered(), ['id_token']);
    const location = (await browser.fetch(await browser.commit(waiting))).headers.get('location') ?? '';
    assert.match(location, /error=unsupported_response_type/);
    assert.doesNotMatch(location, /code=|id_token=/);
    assert.equal(await sentBack(engine.browser(shop).authorize(client)), 'unsupported_response_type');
    await refusedWith(pushed(client), 'unsupported_response_type');
    // As where its grant type is gone: nothing leads to it any more.
    await refusedWith(redeem(shop, client, ...before), 'unsupported_grant_type');
    shop.change({ response_types: ['code'] });
    assert.deepEqual(await offered(), ['code']);
    assert.equal((await redeem(shop, client, ...(await loggedIn(client)))).status, 200);
  });

  it('refuses what was begun before: a login that is going on, and a code that was not redeemed yet', async () => {
    const client = shop.addClient({});
    const code = await loggedIn(client);
    const browser = engine.browser(shop);
    const waiting = await browser.authorize(client);
    const implicit = shop.addClient({ response_types: ['id_token'], grant_types: ['implicit'] });
    const showing = engine.browser(shop);
    const shown = {
      response_type: 'id_token',
      nonce: 'n',
      scope: 'openid',
      code_challenge: '',
      code_challenge_method: '',
    };
    const signedIn = await showing.commit(await showing.authorize(implicit, shown));
    shop.change({ grant_types: ['client_credentials'] });
    await refusedWith(redeem(shop, client, ...code), 'unsupported_grant_type');
    assert.equal(await sentBack(browser.fetch(await browser.commit(waiting))), 'unsupported_response_type');
    assert.equal(await sentBack(engine.browser(shop).authorize(client)), 'unsupported_response_type');
    await refusedWith(pushed(client), 'unsupported_response_type');
    const location = (await showing.fetch(signedIn)).headers.get('location') ?? '';
    assert.match(location, /error=unsupported_response_type/);
    assert.doesNotMatch(location, /id_token=/);
  });

  it('accepts no authentication that was taken away, and lets its clients begin nothing', async () => {
    const client = shop.addClient({});
    const { refresh_token: refreshToken } = await grantedOffline(client);
    shop.change({ token_endpoint_auth_methods: ['client_secret_basic', 'client_secret_jwt'] });
    for (const answer of [bySelf(client), refreshed(client, refreshToken), pushed(client)])
      await refusedWith(answer, 'invalid_client_metadata');
    assert.equal((await engine.browser(shop).authorize(client)).status, 400);
    shop.change({ token_endpoint_auth_methods: ['client_secret_post'] });
    assert.equal((await bySelf(client)).status, 200, 'what is given back is good again');
  });

  for (const registered of [{ token_endpoint_auth_signing_alg: 'RS256' }, {}]) {
    it(`accepts no assertion of an algorithm that was taken away (registered: ${JSON.stringify(registered)})`, async () => {
      const { privateKey, publicKey } = await generateKeyPair('RS256');
      const keys = [{ ...(await exportJWK(publicKey)), use: 'sig' }];
      const client = shop.addClient({
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys },
        ...registered,
      });
      const asked = async () => {
        const assertion = await new SignJWT({ jti: newId() })
          .setProtectedHeader({ alg: 'RS256' })
          .setIssuer(client.id)
          .setSubject(client.id)
          .setAudience(shop.issuer)
          .setIssuedAt()
          .setExpirationTime('1m')
          .sign(privateKey);
        const response = await fetch(`${shop.issuer}/oauth2/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'client_credentials',
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: assertion,
          }),
        });
        return response.status;
      };
      assert.equal(await asked(), 200);
      shop.change({ token_endpoint_auth_signing_alg_values: ['ES256', 'HS256'] });
      assert.equal(await asked(), 401);
    });
  }

  it('needs PKCE and pushed requests of everybody once it does', async () => {
    const client = shop.addClient({});
    const bare = { code_challenge: '', code_challenge_method: '' };
    assert.equal((await pushed(client)).status, 201);
    const browser = engine.browser(shop);
    const begun = await browser.login(client, bare);
    shop.change({ enforce_pkce: true });
    const redeemed = { grant_type: 'authorization_code', code: begun.get('code') ?? '', redirect_uri: redirectUri };
    assert.equal((await post(shop, '/oauth2/token', client, redeemed)).status, 200, 'it ends as it began');
    await refusedWith(pushed(client), 'invalid_request');
    assert.equal(await sentBack(engine.browser(shop).authorize(client, bare)), 'invalid_request');
    shop.change({ require_pushed_authorization_requests: true });
    assert.equal(await sentBack(engine.browser(shop).authorize(client)), 'invalid_request');
  });

  it('grants no scope that is gone, however it is asked for (RFC 6749 §3.3)', async () => {
    const client = shop.addClient({});
    const { refresh_token: refreshToken } = await grantedOffline(client);
    const code = await loggedIn(client);
    const isOrders = ({ name }: { readonly name: string }) => name === 'orders';
    shop.scopes.splice(shop.scopes.findIndex(isOrders), 1);
    shop.change({});
    const answers = [
      bySelf(client, { scope: 'orders' }),
      refreshed(client, refreshToken),
      redeem(shop, client, ...code),
      loggedIn(client).then((fresh) => redeem(shop, client, ...fresh)),
    ];
    for (const answer of answers) {
      const { body } = await answer;
      const { scp } = decodeJwt(String(body['access_token']));
      assert.ok(Array.isArray(scp) && !scp.includes('orders'), JSON.stringify(scp));
      assert.ok(!JSON.stringify(body['scope'] ?? '').includes('orders'));
    }
  });
});
