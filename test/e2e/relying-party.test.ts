/** An application signs people in, as one written by others would: openid-client, over the real adapter. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as oidc from 'openid-client';
import type { Client } from '../../server/clients/client.ts';
import { openBackOffice, signedOutUri, type BackOffice } from '../support/back-office.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { allow, authenticate, begin, connect, redeem, signIn } from '../support/relying-party.ts';
import { createWebBrowser, titleOf } from '../support/web-browser.ts';

const isRefused = (code: string) => (error: unknown) => {
  assert.ok(error instanceof oidc.ResponseBodyError, String(error));
  assert.equal(error.error, code);
  return true;
};

describe('a relying party with openid-client', () => {
  let platform: TestPlatform;
  let office: BackOffice;
  let client: Client;
  let config: oidc.Configuration;

  before(async function () {
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    client = await office.addClient();
    config = await connect(platform.issuer, client);
  });
  after(async () => {
    await office.close();
    await platform.stop();
  });

  const ada = () => ({ identifier: platform.person.email, password: platform.person.password });

  async function tokensOf(scope = 'openid profile email phone offline_access') {
    const browser = createWebBrowser(platform.origin);
    const begun = await begin(config, { scope });
    const { url } = await signIn(browser, begun, ada());
    return { browser, begun, tokens: await redeem(config, begun, url) };
  }

  const userinfoStatus = async (accessToken: string): Promise<number> =>
    (await fetch(`${platform.issuer}/userinfo`, { headers: { authorization: `Bearer ${accessToken}` } })).status;

  it('finds addresses, algorithms and PKCE in discovery (OIDC Discovery §3, RFC 8414 §2)', () => {
    const metadata = config.serverMetadata();
    assert.equal(metadata.issuer, platform.issuer);
    assert.equal(metadata.authorization_endpoint, `${platform.issuer}/oauth2/authorize`);
    assert.equal(metadata.pushed_authorization_request_endpoint, `${platform.issuer}/par`);
    assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
    assert.deepEqual(metadata['id_token_signing_alg_values_supported'], ['ES256']);
  });

  it('gets an ID token that says who, how, when and for which request (OIDC Core §2, §3.1.3.6)', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { tokens, begun } = await tokensOf();
    const claims = tokens.claims();
    assert.ok(claims);
    assert.match(claims.sub, /^[0-9a-f]{64}$/);
    assert.equal(claims.nonce, begun.nonce);
    assert.deepEqual(claims['amr'], ['pwd']);
    assert.ok(Number(claims.auth_time) >= before && Number(claims.auth_time) <= claims.iat);
    const half = createHash('sha256').update(tokens.access_token).digest().subarray(0, 16);
    assert.equal(claims['at_hash'], half.toString('base64url'));
    assert.equal(claims['acr'], undefined, 'nothing here claims a strength that nobody configured');
  });

  it('reads userinfo of the same person, as far as scopes reach (OIDC Core §5.3, §5.4)', async () => {
    const { tokens } = await tokensOf('openid email');
    const sub = tokens.claims()?.sub ?? '';
    const info = await oidc.fetchUserInfo(config, tokens.access_token, sub);
    assert.deepEqual([info.sub, info.email, info.email_verified], [sub, 'ada@example.com', true]);
    assert.deepEqual([info.phone_number, info.name], [undefined, undefined]);
  });

  it('gets the same subject however the person is named: address, phone in any spelling, user name', async () => {
    const spellings = [
      'ada@example.com',
      ' ADA@Example.COM ',
      '+44 20 7946 0958',
      '+442079460958',
      '+44 (20) 7946-0958',
      'ada',
      'Ada',
    ];
    const subjects = new Set<string | undefined>();
    for (const identifier of spellings) {
      const browser = createWebBrowser(platform.origin);
      const begun = await begin(config, { prompt: 'consent' });
      const consent = await authenticate(browser, await browser.open(begun.url), { ...ada(), identifier });
      const { url, left } = await allow(browser, consent);
      assert.ok(left, identifier);
      subjects.add((await redeem(config, begun, url)).claims()?.sub);
    }
    assert.equal(subjects.size, 1);
  });

  it('rotates refresh tokens, and ends the whole family when an old one comes back (RFC 9700 §4.14.2)', async () => {
    const { tokens } = await tokensOf();
    const first = tokens.refresh_token ?? '';
    const second = await oidc.refreshTokenGrant(config, first);
    assert.notEqual(second.refresh_token, first);
    assert.equal(second.claims()?.sub, tokens.claims()?.sub);
    assert.equal(await userinfoStatus(second.access_token), 200);

    await assert.rejects(oidc.refreshTokenGrant(config, first), isRefused('invalid_grant'));
    await assert.rejects(oidc.refreshTokenGrant(config, second.refresh_token ?? ''), isRefused('invalid_grant'));
    assert.equal(await userinfoStatus(second.access_token), 401);
    assert.equal((await oidc.tokenIntrospection(config, second.access_token)).active, false);
  });

  it('narrows scopes at a refresh, never widens them (RFC 6749 §6)', async () => {
    const { tokens } = await tokensOf('openid email offline_access');
    const narrowed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '', { scope: 'openid' });
    assert.equal(narrowed.scope, 'openid');
    await assert.rejects(
      oidc.refreshTokenGrant(config, narrowed.refresh_token ?? '', { scope: 'openid phone' }),
      isRefused('invalid_scope'),
    );
  });

  it('redeems a code once; the second time ends what the first one gave (RFC 6749 §4.1.2)', async () => {
    const browser = createWebBrowser(platform.origin);
    const begun = await begin(config);
    const { url } = await signIn(browser, begun, ada());
    const tokens = await redeem(config, begun, url);
    await assert.rejects(redeem(config, begun, url), isRefused('invalid_grant'));
    assert.equal(await userinfoStatus(tokens.access_token), 401);
  });

  it('refuses a code without its verifier, or with another (RFC 7636 §4.6)', async () => {
    const browser = createWebBrowser(platform.origin);
    const begun = await begin(config);
    const { url } = await signIn(browser, begun, ada());
    const stolen = { ...begun, verifier: oidc.randomPKCECodeVerifier() };
    await assert.rejects(redeem(config, stolen, url), isRefused('invalid_grant'));
  });

  it('introspects and revokes (RFC 7662, RFC 7009)', async () => {
    const { tokens } = await tokensOf();
    const told = await oidc.tokenIntrospection(config, tokens.access_token);
    assert.deepEqual([told.active, told.client_id, told.sub], [true, client.id, tokens.claims()?.sub]);
    await oidc.tokenRevocation(config, tokens.access_token);
    assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
    assert.equal(await userinfoStatus(tokens.access_token), 401);

    await oidc.tokenRevocation(config, tokens.refresh_token ?? '');
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token ?? ''), isRefused('invalid_grant'));
  });

  it('pushes its request and sends the person with a reference only (RFC 9126)', async () => {
    const browser = createWebBrowser(platform.origin);
    const begun = await begin(config, { scope: 'openid email' });
    const parameters = Object.fromEntries(begun.url.searchParams);
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, parameters);
    assert.deepEqual([...pushed.searchParams.keys()].sort(), ['client_id', 'request_uri']);
    const { url } = await signIn(browser, { ...begun, url: pushed }, ada());
    assert.equal((await redeem(config, begun, url)).scope, 'openid email');
  });

  it('lets the root client in by its credentials (RFC 6749 §4.4)', async () => {
    const root = await connect(`${platform.origin}/system/system`, {
      ...client,
      ...platform.rootClient,
      id: client.id,
    });
    assert.equal(root.clientMetadata().client_id, client.id);
    const answer = await fetch(`${platform.origin}/system/system/oauth2/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${platform.rootClient.id}:${platform.rootClient.secret}`).toString('base64')}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'manage_tenants' }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
  });

  it('signs out by its ID token, then asks again (OIDC RP-Initiated Logout §2)', async () => {
    const { browser, tokens } = await tokensOf('openid email');
    const signOut = oidc.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: signedOutUri,
      state: 'bye',
    });
    const confirm = await browser.open(signOut);
    const gone = confirm.left ? confirm : await browser.submit(confirm, '/oidc/logout/confirm', { logout: 'yes' });
    assert.equal(gone.url.href, `${signedOutUri}?state=bye`);
    const again = await browser.open((await begin(config)).url);
    assert.match(titleOf(again), /Sign in/);
  });

  it('leaves one application only for whoever stays signed in: the other ones go on', async () => {
    const { browser, tokens } = await tokensOf('openid email');
    const other = await connect(platform.issuer, await office.addClient({ client_name: 'Another application' }));
    await signIn(browser, await begin(other), ada());
    const leave = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? '' });
    await browser.submit(await browser.open(leave), '/oidc/logout/confirm');
    assert.equal(await userinfoStatus(tokens.access_token), 401);
    const silent = await browser.open((await begin(other, { prompt: 'none' })).url);
    assert.ok(silent.url.searchParams.has('code'), silent.url.search);
    const back = await browser.open((await begin(config, { scope: 'openid email' })).url);
    assert.ok(back.left && back.url.searchParams.has('code'), titleOf(back));
  });

  it('signs out without a hint after the person said so, and stays here', async () => {
    const { browser } = await tokensOf('openid email');
    const confirm = await browser.open(`${platform.issuer}/oidc/logout`);
    assert.equal(confirm.status, 200);
    const gone = await browser.submit(confirm, '/oidc/logout/confirm', { logout: 'yes' });
    assert.equal(gone.left, false);
    assert.match(titleOf(gone), /signed out/i);
    const again = await browser.open((await begin(config)).url);
    assert.match(titleOf(again), /Sign in/);
  });
});
