import assert from 'node:assert/strict';
import { protocolClaims } from '../../../server/extension-points/claims.ts';
import { clientId, idpId, interactionId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { claimsFrom } from '../../../server/oauth2/claims.ts';
import { post, redeem } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';

const place = { tenantId: tenantId('acme'), workspaceId: workspaceId('shop') };
const snapshot = {
  grantId: 'g-1',
  subject: 'ada',
  clientId: clientId('app'),
  interactionId: interactionId('cid'),
  idpId: idpId('pool'),
  idpSubject: 'ada-at-idp',
  userId: undefined,
  amr: ['pwd'],
  acr: undefined,
  authTime: 1,
  satisfied: [],
};

describe('claimsFrom', () => {
  it('believes nothing of what the protocol says, by whichever name', () => {
    const context = Object.fromEntries([...protocolClaims].map((name) => [name, 'evil']));
    assert.doesNotMatch(JSON.stringify(claimsFrom({ ...snapshot, context }, place)), /evil/);
  });

  it('believes a context about the person, and nothing about the login or the token', () => {
    const context = { email: 'ada@example.com', sub: 'bob', tid: 'evil', acr: 'urn:high', amr: ['x'], aud: 'evil' };
    assert.deepEqual(claimsFrom({ ...snapshot, context }, place), {
      email: 'ada@example.com',
      sub: 'ada',
      tid: 'acme',
      aid: 'shop',
      idp: 'pool',
    });
  });
});

describe('createFindAccount', () => {
  it('gives an application what its scopes release and no more (OIDC Core §5.4)', async () => {
    const engine = await startEngine();
    try {
      const shop = await engine.addWorkspace();
      const client = shop.addClient({});
      const browser = engine.browser(shop);
      const { body } = await redeem(shop, client, browser, await browser.login(client, { scope: 'openid email' }));
      const headers = { authorization: `Bearer ${String(body['access_token'])}` };
      const claims = await (await fetch(`${shop.issuer}/userinfo`, { headers })).text();
      assert.match(claims, /ada@example\.com/);
      assert.doesNotMatch(claims, /Lovelace/);
    } finally {
      await engine.stop();
    }
  });

  it('knows nobody any more whose login was forgotten: no code, refresh or userinfo', async () => {
    const engine = await startEngine();
    try {
      const shop = await engine.addWorkspace();
      const client = shop.addClient({});
      const browser = engine.browser(shop);
      const params = await browser.login(client, { scope: 'openid offline_access' });
      const { body } = await redeem(shop, client, browser, params);
      const code = await browser.login(client, { prompt: 'login' });
      shop.snapshots.clear();
      assert.equal((await redeem(shop, client, browser, code)).body['error'], 'invalid_grant');
      const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) };
      assert.equal((await post(shop, '/oauth2/token', client, form)).body['error'], 'invalid_grant');
      const headers = { authorization: `Bearer ${String(body['access_token'])}` };
      assert.equal((await fetch(`${shop.issuer}/userinfo`, { headers })).status, 401);
    } finally {
      await engine.stop();
    }
  });

  it('refreshes nothing for a person who may not sign in any more', async () => {
    const engine = await startEngine();
    try {
      const shop = await engine.addWorkspace();
      const client = shop.addClient({});
      const browser = engine.browser(shop);
      const { body } = await redeem(
        shop,
        client,
        browser,
        await browser.login(client, { scope: 'openid offline_access' }),
      );
      const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) };
      shop.disabled.add('sub-of-ada');
      assert.equal((await post(shop, '/oauth2/token', client, form)).body['error'], 'invalid_grant');
    } finally {
      await engine.stop();
    }
  });
});
