import assert from 'node:assert/strict';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { z } from 'zod';
import { buildProvider } from '../../../server/oauth2/provider.ts';
import { answered, post, publishedKeys, redeem } from '../../support/engine-browser.ts';
import { redirectUri } from '../../support/engine-workspace.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';

describe('buildProvider', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  before(async () => {
    engine = await startEngine();
    shop = await engine.addWorkspace();
  });
  after(() => engine.stop());

  it('publishes the endpoints where clients of the platform look for them', async () => {
    const discovery = await (await fetch(`${shop.issuer}/.well-known/openid-configuration`)).json();
    const at = (path: string) => `${shop.issuer}${path}`;
    assert.partialDeepStrictEqual(discovery, {
      issuer: shop.issuer,
      authorization_endpoint: at('/oauth2/authorize'),
      token_endpoint: at('/oauth2/token'),
      introspection_endpoint: at('/oauth2/introspect'),
      revocation_endpoint: at('/oauth2/revoke'),
      pushed_authorization_request_endpoint: at('/par'),
      userinfo_endpoint: at('/userinfo'),
      end_session_endpoint: at('/oidc/logout'),
      jwks_uri: at('/.well-known/jwks.json'),
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['ES256'],
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      request_uri_parameter_supported: false,
    });
  });

  it('tells what it answered with server_error, and tells the caller nothing of why (RFC 6749 §5.2)', async () => {
    const client = shop.addClient({});
    shop.onClientFind = () => Promise.reject(new Error('the disk is full'));
    const { status, body } = await post(shop, '/oauth2/token', client, { grant_type: 'client_credentials' });
    shop.onClientFind = () => Promise.resolve();
    assert.deepEqual([status, body['error']], [500, 'server_error']);
    assert.doesNotMatch(JSON.stringify(body), /disk/);
    assert.match(String(engine.failures.at(-1)), /the disk is full/);
  });

  it('publishes public keys only', async () => {
    const published = await publishedKeys(shop);
    assert.deepEqual(
      published.map((key) => Object.keys(key).sort()),
      [['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']],
    );
  });

  it('completes the code flow that a commit outside of it has granted (RFC 6749 §4.1, OIDC Core §3.1)', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    const params = await browser.login(client, { nonce: 'n-1' }, { acr: 'urn:two' });
    assert.equal(params.get('state'), 'some-state');
    assert.equal(params.get('iss'), shop.issuer);
    const { status, body } = await redeem(shop, client, browser, params);
    assert.equal(status, 200);
    assert.equal(body['scope'], 'openid profile orders');
    assert.partialDeepStrictEqual(decodeJwt(String(body['id_token'])), {
      iss: shop.issuer,
      sub: 'sub-of-ada',
      aud: client.id,
      nonce: 'n-1',
      acr: 'urn:two',
      amr: ['pwd'],
      tid: shop.tenant,
      aid: shop.id,
      idp: 'pool-idp',
    });
    assert.equal(body['refresh_token'], undefined);
  });

  it('tells the client when a commit denied the login', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    const resume = await browser.deny(await browser.authorize(client), 'access_denied');
    const params = answered(await browser.fetch(resume));
    assert.equal(params.get('error'), 'access_denied');
    assert.equal(params.get('trace_id'), 'trace-1');
  });

  it('signs the person in silently while the session and its grant last', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    await browser.login(client);
    assert.ok(answered(await browser.authorize(client, { prompt: 'none' })).get('code'));
  });

  it('does not give a scope that the person denied, and does not ask again in this session', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    const params = await browser.login(client, {}, { deniedScopes: ['orders'] });
    assert.equal((await redeem(shop, client, browser, params)).body['scope'], 'openid profile');
    const again = answered(await browser.authorize(client, { prompt: 'none' }));
    assert.equal((await redeem(shop, client, browser, again)).body['scope'], 'openid profile');
  });

  for (const [what, change] of [
    ['an unknown client', { client_id: 'nobody' }],
    ['a redirect_uri that is not registered', { redirect_uri: 'https://evil.example/cb' }],
  ] as const) {
    it(`shows a page for ${what}, and sends nobody there (RFC 6749 §4.1.2.1)`, async () => {
      const client = shop.addClient({});
      const response = await engine.browser(shop).authorize(client, change);
      assert.equal(response.status, 400);
      assert.equal(response.headers.get('location'), null);
      assert.match(await response.text(), /trace-1/);
    });
  }

  it('demands PKCE with S256, of every client where the workspace enforces it (RFC 9700 §2.1.1)', async () => {
    const client = shop.addClient({});
    const none = await engine.browser(shop).authorize(client, { code_challenge: '', code_challenge_method: '' });
    assert.equal(answered(none).get('error'), 'invalid_request');
    const plain = await engine.browser(shop).authorize(client, { code_challenge_method: 'plain' });
    assert.equal(answered(plain).get('error'), 'invalid_request');
  });

  it('demands PKCE of public clients even where the workspace does not enforce it', async () => {
    const lax = await engine.addWorkspace({ enforce_pkce: false });
    const without = { code_challenge: '', code_challenge_method: '' };
    const open = lax.addClient({ token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] });
    assert.equal(answered(await engine.browser(lax).authorize(open, without)).get('error'), 'invalid_request');
    const confidential = lax.addClient({});
    assert.match((await engine.browser(lax).authorize(confidential, without)).headers.get('location') ?? '', /login/);
  });

  it('takes pushed requests once (RFC 9126 §4)', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    const pushed = await post(shop, '/par', client, {
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    });
    assert.equal(pushed.status, 201);
    const query = { client_id: client.id, request_uri: String(pushed.body['request_uri']) };
    const address = `${shop.issuer}/oauth2/authorize?${new URLSearchParams(query).toString()}`;
    const resume = await browser.commit(await browser.fetch(address));
    const before = browser.jar.all();
    assert.ok(answered(await browser.fetch(resume)).get('code'));
    const other = engine.browser(shop);
    assert.equal(answered(await other.fetch(address)).get('error'), 'invalid_request_uri');

    // The same browser, whose first answer was lost.
    browser.jar.restore(before);
    assert.ok(answered(await browser.fetch(resume)).get('code'));
  });

  it('gives a client that says so tokens for a proof of a key alone (RFC 9449 §5.2)', async () => {
    const machine = { redirect_uris: [], response_types: [], grant_types: ['client_credentials'], scope: 'orders' };
    const client = shop.addClient({ ...machine, dpop_bound_access_tokens: true });
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const htu = `${shop.issuer}/oauth2/token`;
    const proof = await new SignJWT({ jti: 'once', htm: 'POST', htu })
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(publicKey) })
      .setIssuedAt()
      .sign(privateKey);
    const ask = (headers: Readonly<Record<string, string>>) =>
      fetch(htu, {
        method: 'POST',
        headers,
        body: new URLSearchParams({
          client_id: client.id,
          client_secret: client.secret ?? '',
          grant_type: 'client_credentials',
          scope: 'orders',
        }),
      });
    assert.equal((await ask({})).status, 400);
    const given = await ask({ dpop: proof });
    assert.equal(given.status, 200);
    const { token_type: type, access_token: token } = z
      .object({ token_type: z.string(), access_token: z.string() })
      .parse(await given.json());
    assert.equal(type, 'DPoP');
    assert.ok('jkt' in z.object({ cnf: z.object({}).loose() }).parse(decodeJwt(token)).cnf);
  });

  it('refuses requests that were not pushed where pushing is required (RFC 9126 §5)', async () => {
    const strict = await engine.addWorkspace({ require_pushed_authorization_requests: true });
    const response = await engine.browser(strict).authorize(strict.addClient({}));
    assert.equal(answered(response).get('error'), 'invalid_request');
  });

  it('keeps the cookies of a workspace under its path', async () => {
    const browser = engine.browser(shop);
    await browser.login(shop.addClient({}));
    const path = new URL(shop.issuer).pathname;
    assert.ok(browser.jar.all().length > 0);
    for (const cookie of browser.jar.all()) assert.ok(cookie.path.startsWith(path), `${cookie.name} at ${cookie.path}`);
  });

  it('signs out and leads back to the client (OIDC RP-Initiated Logout §2)', async () => {
    const client = shop.addClient({ post_logout_redirect_uris: ['https://app.example/bye'] });
    const browser = engine.browser(shop);
    const tokens = await redeem(shop, client, browser, await browser.login(client));
    const query = new URLSearchParams({
      id_token_hint: String(tokens.body['id_token']),
      post_logout_redirect_uri: 'https://app.example/bye',
      state: 'out',
    });
    const page = await (await browser.fetch(`${shop.issuer}/oidc/logout?${query.toString()}`)).text();
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const action = /action="([^"]+)"/.exec(page)?.[1] ?? '';
    assert.equal(action, `${shop.issuer}/oidc/logout/confirm`);
    const confirmed = await browser.fetch(action, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    assert.equal(confirmed.headers.get('location'), 'https://app.example/bye?state=out');
    const silent = answered(await browser.authorize(client, { prompt: 'none' }));
    assert.equal(silent.get('error'), 'login_required');
    const introspected = await post(shop, '/oauth2/introspect', client, { token: String(tokens.body['access_token']) });
    assert.deepEqual(introspected.body, { active: false });
  });

  it('shows its own page when there is nobody to lead back to', async () => {
    const response = await engine.browser(shop).fetch(`${shop.issuer}/oidc/logout/success`);
    assert.match(await response.text(), /signed out/);
  });

  it('gives JSON errors the status and the trace id of the platform', async () => {
    const client = shop.addClient({});
    const { status, body } = await post(shop, '/oauth2/token', client, { grant_type: 'magic' });
    assert.equal(status, 400);
    assert.partialDeepStrictEqual(body, { error: 'unsupported_grant_type', status_code: 400, trace_id: 'trace-1' });
  });

  it('gives a refresh token for offline_access, prompt=consent or not: consent is kept here (OIDC Core §11)', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    const params = await browser.login(client, { scope: 'openid offline_access' });
    const { body } = await redeem(shop, client, browser, params);
    assert.equal(typeof body['refresh_token'], 'string');
  });

  it('does not make up offline_access for a client that may not refresh', async () => {
    const client = shop.addClient({ grant_types: ['authorization_code'] });
    const browser = engine.browser(shop);
    const { body } = await redeem(
      shop,
      client,
      browser,
      await browser.login(client, { scope: 'openid offline_access' }),
    );
    assert.equal(body['scope'], 'openid');
    assert.equal(body['refresh_token'], undefined);
  });

  it('is not built without an active key', async () => {
    const registered = await engine.registry.get(shop.tenant, shop.id);
    assert.ok(registered);
    const parts = { workspace: registered.workspace, keys: [], scopes: [], claims: [] };
    // Nothing is read before the key is looked for.
    assert.throws(() => buildProvider({} as Parameters<typeof buildProvider>[0], parts), { code: 'internal' });
  });

  it('answers with keys of each type', async () => {
    const { generateSigningKey } = await import('../../../server/workspaces/signing-key.service.ts');
    for (const alg of ['RS256', 'PS256'] as const) {
      const workspace = await engine.addWorkspace({ key_type: alg === 'RS256' ? 'rsa' : 'ps' });
      workspace.keys = [await generateSigningKey(alg, { now: Date.now })];
      const client = workspace.addClient({});
      const browser = engine.browser(workspace);
      const { body } = await redeem(workspace, client, browser, await browser.login(client));
      assert.equal(decodeProtectedHeader(String(body['id_token'])).alg, alg);
      const token = String(body['access_token']);
      assert.equal(decodeProtectedHeader(token).alg, alg);
      assert.equal((await post(workspace, '/oauth2/introspect', client, { token })).body['active'], true);
    }
  });
});
