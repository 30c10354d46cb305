import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { createTokenResponses } from '../../../server/oauth2/token-response.ts';
import { samplePlace } from '../../../plugins/kit/sample-place.ts';
import { post, redeem } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';
import { loyalty } from '../../support/plugins/loyalty/loyalty.ts';

describe('createTokenResponses', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  let client: Client;
  before(async () => {
    engine = await startEngine(undefined, [loyalty]);
  });
  after(() => engine.stop());
  beforeEach(async () => {
    shop = await engine.addWorkspace({ plugins: { loyalty: true } });
    client = shop.addClient({});
  });
  const machine = { grant_type: 'client_credentials', scope: 'orders' };

  it('lets a plugin add to the answer of a login, and tells it whose it is (RFC 6749 §5.1)', async () => {
    const browser = engine.browser(shop);
    const params = await browser.login(client, { scope: 'openid profile' });
    const { status, body } = await redeem(shop, client, browser, params);
    assert.equal(status, 200);
    assert.deepEqual(body['loyalty'], {
      client: client.id,
      grantType: 'authorization_code',
      grantedScopes: ['openid', 'profile'],
      grantId: [...shop.snapshots.keys()].at(-1),
      subject: 'sub-of-ada',
    });
    assert.equal(typeof body['access_token'], 'string');
    assert.equal(typeof body['id_token'], 'string');
  });

  it('names no person where none takes part', async () => {
    const { body } = await post(shop, '/oauth2/token', client, machine);
    const expected = { client: client.id, grantType: 'client_credentials', grantedScopes: ['orders'] };
    assert.deepEqual(body['loyalty'], expected);
  });

  it('leaves errors as they are', async () => {
    const { status, body } = await post(shop, '/oauth2/token', { ...client, secret: 'wrong' }, machine);
    assert.equal(status, 401);
    assert.ok(!('loyalty' in body));
  });

  for (const broken of ['token_response', 'token_response_member'] as const) {
    it(`answers server_error and no token when a plugin fails or changes what was issued (${broken})`, async () => {
      shop.change({ plugins: { loyalty: { broken } } });
      const { status, body } = await post(shop, '/oauth2/token', client, machine);
      assert.equal(status, 500);
      assert.deepEqual(body, {
        error: 'server_error',
        error_description: 'the answer could not be made',
        status_code: 500,
        trace_id: 'trace-1',
      });
      assert.equal(String(engine.failures.at(-1)), 'PlatformError: the answer could not be made');
    });
  }

  it('adds nothing once the plugin is disabled', async () => {
    shop.change({ plugins: { loyalty: false } });
    const { status, body } = await post(shop, '/oauth2/token', client, machine);
    assert.equal(status, 200);
    assert.ok(!('loyalty' in body));
  });

  it('is not there at all in a workspace without such a plugin', () => {
    const { workspace } = samplePlace({ plugins: {} });
    const extensions = createExtensionRegistry([loyalty]);
    const clients = { find: () => Promise.reject(new Error('not to be asked')) };
    assert.equal(createTokenResponses({ extensions, workspace, clients, onFailure: () => undefined }), undefined);
  });
});
