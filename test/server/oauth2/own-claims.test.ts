/** What an administrator has tokens say of people: the values, and where they are found. */
import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import type { Client } from '../../../server/clients/client.ts';
import { claimId } from '../../../server/kernel/ids.ts';
import { ownClaimsOf, valueAt } from '../../../server/oauth2/own-claims.ts';
import type { Claim } from '../../../server/workspaces/claim.ts';
import { post, redeem, type Commit } from '../../support/engine-browser.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';

describe('valueAt', () => {
  const context = {
    name: 'Ada',
    address: { city: 'London', lines: ['1', '2'] },
    'https://id.example/role': 'admin',
    nested: { 'a.b': { c: 0 } },
    none: null,
  };
  for (const [path, value] of [
    ['name', 'Ada'],
    ['address.city', 'London'],
    ['address.lines.1', '2'],
    ['https://id.example/role', 'admin'],
    ['nested.a.b', { c: 0 }],
    ['none', null],
  ] as const) {
    it(`finds ${path}`, () => {
      assert.deepEqual(valueAt(context, path), value);
    });
  }
  for (const path of [
    '',
    'nobody',
    'name.length',
    'address.lines.length',
    'constructor',
    '__proto__',
    'address.toString',
  ])
    it(`finds nothing at «${path}»`, () => {
      assert.equal(valueAt(context, path), undefined);
    });
});

describe('ownClaimsOf', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  let client: Client;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.stop());
  beforeEach(async () => {
    shop = await engine.addWorkspace();
    client = shop.addClient({ scope: 'openid email profile orders' });
  });
  const claim = (name: string, words: Partial<Claim>): Claim => ({
    tenantId: shop.tenant,
    workspaceId: shop.id,
    id: claimId(`${name}-${words.type ?? ''}`),
    name,
    type: 'id_token',
    description: '',
    sourcePath: 'email',
    scopes: [],
    isOpaque: false,
    ...words,
  });
  const add = (...claims: readonly Claim[]) => {
    shop.claims.push(...claims);
    shop.change({});
  };
  async function told(scope: string, params = {}, commit: Commit = {}) {
    const browser = engine.browser(shop);
    const { body } = await redeem(shop, client, browser, await browser.login(client, { scope, ...params }, commit));
    const token = String(body['access_token']);
    const info = await fetch(`${shop.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } });
    return {
      idToken: decodeJwt(String(body['id_token'])),
      userinfo: (await info.json()) as Record<string, unknown>,
      token: decodeJwt(token),
      introspected: (await post(shop, '/oauth2/introspect', client, { token })).body,
    };
  }

  it('are always there where no scope is named, as long as anything is granted', () => {
    const scopes = [{ name: 'orders' }];
    const [always, token] = ownClaimsOf([claim('a', {}), claim('b', { type: 'access_token' })], scopes);
    assert.deepEqual(always?.scopes, ['openid']);
    assert.deepEqual(token?.scopes, ['openid', 'orders']);
  });

  it('go where their type says, and what is opaque only to userinfo', async () => {
    add(
      claim('mail', {}),
      claim('quiet', { isOpaque: true }),
      claim('contact', { type: 'access_token' }),
      claim('nothing', { sourcePath: 'no.such.thing' }),
    );
    const { idToken, userinfo, token, introspected } = await told('openid');
    const mail = 'ada@example.com';
    assert.deepEqual([idToken['mail'], idToken['quiet'], idToken['contact']], [mail, undefined, undefined]);
    assert.deepEqual([userinfo['mail'], userinfo['quiet'], userinfo['contact']], [mail, mail, undefined]);
    assert.deepEqual([token['mail'], token['quiet'], token['contact']], [undefined, undefined, mail]);
    assert.equal(introspected['contact'], mail);
    for (const one of [idToken, userinfo, token]) assert.ok(!('nothing' in one));
  });

  it('are released by any of their scopes, and by no other', async () => {
    add(
      claim('mail', { scopes: ['orders', 'profile'] }),
      claim('contact', { type: 'access_token', scopes: ['orders'] }),
    );
    const without = await told('openid email');
    assert.ok(!('mail' in without.idToken) && !('mail' in without.userinfo) && !('contact' in without.token));
    const byName = JSON.stringify({ id_token: { mail: { essential: true } }, userinfo: { mail: null } });
    for (const commit of [{ deniedClaims: ['mail'] }, { claims: ['mail'] }]) {
      const asked = await told('openid email', { claims: byName }, commit);
      assert.ok(!('mail' in asked.idToken) && !('mail' in asked.userinfo), 'asking by name is no scope');
    }
    const withOne = await told('openid orders');
    assert.equal(withOne.idToken['mail'], 'ada@example.com');
    assert.equal(withOne.token['contact'], 'ada@example.com');
  });

  it('take the place of a standard claim of their name, though they find nothing', async () => {
    add(claim('email', { sourcePath: 'no.such.thing' }));
    const { idToken, userinfo } = await told('openid email');
    assert.ok(!('email' in idToken) && !('email' in userinfo));
  });

  it('leave the standard claim where they are not', async () => {
    add(claim('email', { type: 'access_token' }));
    const { userinfo, token } = await told('openid email');
    assert.deepEqual([userinfo['email'], token['email']], ['ada@example.com', 'ada@example.com']);
  });
});
