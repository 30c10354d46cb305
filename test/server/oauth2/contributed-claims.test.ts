import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import type { Client } from '../../../server/clients/client.ts';
import { claimId } from '../../../server/kernel/ids.ts';
import { createContributedClaims } from '../../../server/oauth2/contributed-claims.ts';
import { samplePlace } from '../../../plugins/kit/sample-place.ts';
import { post, redeem } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';
import type { Commit, TokenAnswer } from '../../support/engine-browser.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';
import { loyalty } from '../../support/plugins/loyalty/loyalty.ts';

describe('createContributedClaims', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  let client: Client;
  before(async () => {
    engine = await startEngine(undefined, [loyalty]);
  });
  after(() => engine.stop());
  beforeEach(async () => {
    shop = await engine.addWorkspace({ plugins: { loyalty: { points: 42 } } });
    client = shop.addClient({ client_name: 'Till', scope: 'openid email offline_access loyalty loyalty:spend' });
  });

  async function tokens(scope: string, params = {}, commit: Commit = {}): Promise<TokenAnswer['body']> {
    const browser = engine.browser(shop);
    return (await redeem(shop, client, browser, await browser.login(client, { scope, ...params }, commit))).body;
  }
  async function userinfo(accessToken: unknown): Promise<Readonly<Record<string, unknown>>> {
    const headers = { authorization: `Bearer ${String(accessToken)}` };
    return (await (await fetch(`${shop.issuer}/userinfo`, { headers })).json()) as Record<string, unknown>;
  }
  const granted = { points: 42, of: 'sub-of-ada', for: 'Till', scopes: ['loyalty', 'openid'] };

  for (const strategy of ['jwt', 'opaque'] as const) {
    it(`puts claims into id_token, userinfo and ${strategy} access token, each where it belongs`, async () => {
      shop.change({ access_token_strategy: strategy });
      const body = await tokens('openid loyalty');
      const idToken = decodeJwt(String(body['id_token']));
      assert.deepEqual(idToken['loyalty'], granted);
      assert.ok(!('loyalty_card' in idToken) && !('loyalty_none' in idToken));
      const info = await userinfo(body['access_token']);
      assert.deepEqual(info['loyalty'], granted);
      assert.equal(info['loyalty_card'], 'card-1');
      const seen = await post(shop, '/oauth2/introspect', client, { token: String(body['access_token']) });
      assert.deepEqual(seen.body['loyalty'], granted);
      assert.ok(!('loyalty_card' in seen.body) && !('email' in seen.body));
      if (strategy === 'jwt') assert.deepEqual(decodeJwt(String(body['access_token']))['loyalty'], granted);
    });
  }

  it('keeps them over a refresh (RFC 6749 §6)', async () => {
    const before = await tokens('openid offline_access loyalty');
    const form = { grant_type: 'refresh_token', refresh_token: String(before['refresh_token']) };
    const { body } = await post(shop, '/oauth2/token', client, form);
    const expected = { ...granted, scopes: ['loyalty', 'offline_access', 'openid'] };
    assert.deepEqual(decodeJwt(String(body['access_token']))['loyalty'], expected);
    assert.deepEqual(decodeJwt(String(body['id_token']))['loyalty'], expected);
  });

  const byName = JSON.stringify({ id_token: { loyalty: null }, userinfo: { loyalty: null, loyalty_card: null } });
  const named = ['loyalty', 'loyalty_card'];

  for (const [how, commit] of [
    ['denied', { deniedClaims: named }],
    ['granted', { claims: named }],
  ] as const) {
    it(`releases nothing without the scope, though asked for by name and ${how} (OIDC Core §5.5)`, async () => {
      const body = await tokens('openid', { claims: byName }, commit);
      for (const answer of [decodeJwt(String(body['id_token'])), decodeJwt(String(body['access_token']))]) {
        assert.ok(!('loyalty' in answer), JSON.stringify(answer));
      }
      assert.deepEqual(Object.keys(await userinfo(body['access_token'])).toSorted(), ['aid', 'idp', 'sub', 'tid']);
    });
  }

  it('releases by name what the scope releases, and takes back what was denied by name', async () => {
    const body = await tokens('openid loyalty', { claims: byName }, { claims: named });
    assert.deepEqual(decodeJwt(String(body['id_token']))['loyalty'], granted);
    const without = await tokens('openid loyalty', { claims: byName }, { deniedClaims: named });
    assert.ok(!('loyalty' in decodeJwt(String(without['id_token']))));
    assert.ok(!('loyalty' in decodeJwt(String(without['access_token']))));
    assert.ok(!('loyalty' in (await userinfo(without['access_token']))));
  });

  it('releases nothing of a scope that the person declined', async () => {
    const browser = engine.browser(shop);
    const params = await browser.login(client, { scope: 'openid loyalty' }, { deniedScopes: ['loyalty'] });
    const { body } = await redeem(shop, client, browser, params);
    assert.ok(!('loyalty' in decodeJwt(String(body['id_token']))));
    assert.ok(!('loyalty' in decodeJwt(String(body['access_token']))));
    assert.ok(!('loyalty' in (await userinfo(body['access_token']))));
  });

  it('leaves a name to the plugin that answers for it: what the login knew under it is not released', async () => {
    const body = await tokens('openid email');
    assert.ok(!('email' in (await userinfo(body['access_token']))));
    const both = await tokens('openid email loyalty', { prompt: 'login' });
    assert.equal(decodeJwt(String(both['id_token']))['email'], 'points@example.com');
  });

  it('says them in discovery (OIDC Discovery §3), and says and releases nothing once disabled', async () => {
    const discovery = async () =>
      JSON.stringify(await (await fetch(`${shop.issuer}/.well-known/openid-configuration`)).json());
    assert.match(await discovery(), /"loyalty_card"/);
    shop.change({ plugins: {} });
    assert.doesNotMatch(await discovery(), /loyalty/);
    const body = await tokens('openid email');
    assert.equal((await userinfo(body['access_token']))['email'], 'ada@example.com');
    assert.ok(!('loyalty' in decodeJwt(String(body['access_token']))));
  });

  it('fails the request when a claim cannot be made, and says nothing of why', async () => {
    const browser = engine.browser(shop);
    const params = await browser.login(client, { scope: 'openid loyalty' });
    shop.change({ plugins: { loyalty: { broken: 'claims' } } });
    const { status, body } = await redeem(shop, client, browser, params);
    assert.equal(status, 500);
    assert.equal(body['error'], 'server_error');
    assert.doesNotMatch(JSON.stringify(body), /secret/);
    assert.match(String(engine.failures.at(-1)), /the claim "loyalty"/);
  });

  it('lets no administrator’s claim speak for a plugin', async () => {
    shop.claims.push({
      tenantId: shop.tenant,
      workspaceId: shop.id,
      id: claimId('c'),
      name: 'loyalty',
      type: 'id_token',
      description: '',
      sourcePath: 'email',
      scopes: [],
      isOpaque: false,
    });
    shop.change({});
    const without = decodeJwt(String((await tokens('openid'))['id_token']));
    assert.ok(!('loyalty' in without), JSON.stringify(without));
    assert.deepEqual(decodeJwt(String((await tokens('openid loyalty'))['id_token']))['loyalty'], granted);
  });

  it('is nothing at all where nobody contributes', () => {
    const { workspace } = samplePlace({ plugins: {} });
    const find = () => Promise.reject(new Error('not to be asked'));
    assert.equal(createContributedClaims({ contributions: [], own: [], workspace, clients: { find } }), undefined);
  });
});
