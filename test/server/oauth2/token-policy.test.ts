import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { post } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';

describe('mayRevoke', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  before(async () => {
    engine = await startEngine();
    shop = await engine.addWorkspace();
    const words = { displayName: 'Revoke', description: '', implicitGrant: false, kind: 'api' } as const;
    shop.scopes.push({ tenantId: shop.tenant, workspaceId: shop.id, name: 'revoke_tokens', ...words });
  });
  after(() => engine.stop());

  const machines = { redirect_uris: [], response_types: [], grant_types: ['client_credentials'] };

  /** Whether this client can end what another was given. */
  async function ends(client: Client): Promise<boolean> {
    const other = shop.addClient({ ...machines, scope: 'orders' });
    const { body } = await post(shop, '/oauth2/token', other, { grant_type: 'client_credentials', scope: 'orders' });
    const token = String(body['access_token']);
    const { status } = await post(shop, '/oauth2/revoke', client, { token });
    assert.ok(status === 200 || status === 400);
    return (await post(shop, '/oauth2/introspect', other, { token })).body['active'] === false;
  }

  it("lets a client that was assigned revoke_tokens end others' tokens", async () => {
    assert.equal(await ends(shop.addClient({ ...machines, scope: 'revoke_tokens' })), true);
  });

  const code = { grant_types: ['authorization_code'] };
  const open = { scope: 'revoke_tokens', token_endpoint_auth_method: 'none' };
  const refused: readonly (readonly [string, () => Client])[] = [
    ['without the scope', () => shop.addClient({ ...machines, scope: 'orders' })],
    ['that names no scope', () => shop.addClient({ ...machines, scope: '' })],
    ['that only people could give the scope to', () => shop.addClient({ scope: 'revoke_tokens', ...code })],
    ['without a secret', () => shop.addClient({ ...open, ...code })],
    ['without a secret, whatever its grants', () => shop.addClient(open)],
    ['that was switched off', () => shop.addClient({ ...machines, scope: 'revoke_tokens' }, { status: 'inactive' })],
  ];
  for (const [what, make] of refused) {
    it(`lets no client do so ${what} (RFC 7009 §2.1)`, async () => {
      assert.equal(await ends(make()), false);
    });
  }
});
