import assert from 'node:assert/strict';
import { clientId, newId } from '../../../server/kernel/ids.ts';
import {
  audienceOf,
  grantPayload,
  interactionFailure,
  interactionResult,
  withResult,
} from '../../../server/oauth2/grant.ts';
import { startEngine } from '../../support/engine.ts';

const input = {
  grantId: 'g-1',
  subject: 'ada',
  clientId: clientId('app'),
  scopes: ['openid', 'orders'],
  deniedScopes: ['email'],
  resource: 'https://id.example/acme/shop',
  iat: 1000,
  exp: 2000,
} as const;

describe('grantPayload', () => {
  it('is read by the engine as the grant it means', async () => {
    const engine = await startEngine();
    try {
      const shop = await engine.addWorkspace();
      const registered = await engine.registry.get(shop.tenant, shop.id);
      assert.ok(registered);
      const now = Math.floor(Date.now() / 1000);
      const grantId = newId();
      const resource = audienceOf(shop.issuer);
      const given = { ...input, grantId, resource, iat: now, exp: now + 60, claims: ['birthdate'] };
      const key = { tenantId: shop.tenant, workspaceId: shop.id, model: 'Grant' };
      await engine.artifacts.upsert(key, grantId, grantPayload(given), now + 60);

      const grant = await registered.provider.Grant.find(grantId);
      assert.ok(grant);
      assert.equal(grant.jti, grantId);
      assert.equal(grant.accountId, 'ada');
      assert.equal(grant.clientId, 'app');
      assert.equal(grant.getOIDCScope(), 'openid orders');
      assert.equal(grant.getResourceScope(resource), 'openid orders');
      assert.equal(grant.getRejectedOIDCScope(), 'email');
      assert.equal(grant.getRejectedResourceScope(resource), 'email');
      assert.deepEqual(grant.getOIDCClaims(), ['birthdate']);
      assert.equal(grant.exp, now + 60);
    } finally {
      await engine.stop();
    }
  });

  it('cannot deny openid, nor what it grants', () => {
    const payload = grantPayload({ ...input, deniedScopes: ['openid', 'orders'] });
    assert.ok(!('rejected' in payload));
  });

  it('gives nothing where nothing was granted', () => {
    const payload = grantPayload({ ...input, scopes: [], deniedScopes: ['orders'] });
    assert.ok(!('openid' in payload));
    assert.ok(!('resources' in payload));
  });
});

describe('interactionResult', () => {
  it('names the person and the grant', () => {
    const result = interactionResult({ subject: 'ada', grantId: 'g-1', acr: undefined, amr: ['pwd'], authTime: 5 });
    assert.deepEqual(withResult({ uid: 'u' }, result), {
      uid: 'u',
      result: { login: { accountId: 'ada', amr: ['pwd'], ts: 5, remember: true }, consent: { grantId: 'g-1' } },
    });
  });
});

describe('interactionFailure', () => {
  it('keeps to the characters of RFC 6749 §4.1.2.1', () => {
    const failure = interactionFailure('access_denied\r\n', 'no "quotes" \\ nor \u{1F600}'.padEnd(400, 'x'));
    assert.equal(failure.error, 'access_denied');
    assert.match(failure.error_description, /^[\x20-\x21\x23-\x5B\x5D-\x7E]{1,256}$/);
  });
});
