/** Whose access token a caller shows, and every token that is nobody's. */
import assert from 'node:assert/strict';
import { createTokenVerifier, claimedTenant } from '../../../server/oauth2/token-verifier.ts';
import { post, redeem } from '../../support/engine-browser.ts';
import { redirectUri } from '../../support/engine-workspace.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';

describe('createTokenVerifier', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  let other: TestWorkspace;
  before(async () => {
    engine = await startEngine();
    shop = await engine.addWorkspace();
    other = await engine.addWorkspace();
  });
  after(() => engine.stop());

  const machine = (workspace: TestWorkspace, status: 'active' | 'inactive' = 'active') =>
    workspace.addClient(
      { grant_types: ['client_credentials'], response_types: [], token_endpoint_auth_method: 'client_secret_post' },
      { secret: 's'.repeat(43), status },
    );
  async function tokenOf(workspace: TestWorkspace, client = machine(workspace)): Promise<string> {
    const { body } = await post(workspace, '/oauth2/token', client, { grant_type: 'client_credentials' });
    return String(body['access_token']);
  }
  const verify = (token: string, workspace = shop) =>
    createTokenVerifier(engine).verify(token, workspace.tenant, workspace.id);

  for (const strategy of ['jwt', 'opaque'] as const) {
    it(`knows the client of a valid ${strategy} token`, async () => {
      shop.change({ access_token_strategy: strategy });
      const client = machine(shop);
      assert.equal((await verify(await tokenOf(shop, client)))?.clientId, client.id);
    });
  }

  it('knows no token of another workspace, whatever it says of itself', async () => {
    assert.equal(await verify(await tokenOf(other)), undefined);
    assert.ok(await verify(await tokenOf(other), other));
  });

  it('knows no token after its revocation (RFC 7009), nor after its client was switched off', async () => {
    const client = machine(shop);
    const [revoked, orphaned] = [await tokenOf(shop, client), await tokenOf(shop, client)];
    await post(shop, '/oauth2/revoke', client, { token: revoked });
    assert.equal(await verify(revoked), undefined);
    shop.clients.set(client.id, { ...client, status: 'inactive' });
    assert.equal(await verify(orphaned), undefined);
  });

  it('knows no changed token, and nothing that is no token', async () => {
    shop.change({ access_token_strategy: 'jwt' });
    const token = await tokenOf(shop);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...decoded(payload), client_id: 'system' })).toString('base64url');
    for (const bad of [`${header}.${forged}.${signature}`, `${header}.${payload}.`, `${token}x`, '', 'a.b.c']) {
      assert.equal(await verify(bad), undefined, bad);
    }
  });

  it('takes no id_token for an access token', async () => {
    const client = shop.addClient(
      { redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' },
      { secret: undefined },
    );
    const browser = engine.browser(shop);
    const params = await browser.login(client, { scope: 'openid' });
    const { body } = await redeem(shop, client, browser, params);
    assert.equal(typeof body['id_token'], 'string');
    assert.equal(await verify(String(body['id_token'])), undefined);
    assert.ok((await verify(String(body['access_token'])))?.subject);
  });
});

describe('claimedTenant', () => {
  it('reads where to look, and nothing from what is no JWT', () => {
    const token = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"tid":"acme"}').toString('base64url')}.`;
    assert.equal(claimedTenant(token), 'acme');
    assert.equal(claimedTenant('opaque'), undefined);
  });
});

function decoded(part: string): object {
  const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
  return typeof value === 'object' && value !== null ? value : {};
}
