import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { createRequestCheck } from '../../../server/oauth2/request-check.ts';
import { samplePlace } from '../../../plugins/kit/sample-place.ts';
import { answered, post } from '../../support/engine-browser.ts';
import { redirectUri } from '../../support/engine-workspace.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';
import { loyalty } from '../../support/plugins/loyalty/loyalty.ts';

describe('createRequestCheck', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  let client: Client;
  before(async () => {
    engine = await startEngine(undefined, [loyalty]);
  });
  after(() => engine.stop());
  beforeEach(async () => {
    shop = await engine.addWorkspace({ plugins: { loyalty: true } });
    client = shop.addClient({ scope: 'openid loyalty:spend' });
  });
  const denied = { scope: 'openid loyalty:spend' };
  const allowed = { scope: 'openid' };
  const begins = (answer: Response) => /\/login\/[^/]+$/.test(answer.headers.get('location') ?? '');
  const push = (params: Readonly<Record<string, string>>) =>
    post(shop, '/par', client, {
      response_type: 'code',
      redirect_uri: redirectUri,
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
      ...params,
    });

  it('takes a denial to the client, in characters that RFC 6749 §4.1.2.1 allows', async () => {
    const params = answered(await engine.browser(shop).authorize(client, denied));
    assert.equal(params.get('error'), 'invalid_scope');
    assert.equal(params.get('error_description'), `not for ${client.id}Set-Cookie: x`);
    assert.equal(params.get('state'), 'some-state');
    assert.equal(params.get('iss'), shop.issuer);
  });

  it('denies at PAR as well (RFC 9126 §2.3)', async () => {
    const { status, body } = await push(denied);
    assert.equal(status, 400);
    assert.equal(body['error'], 'invalid_scope');
    assert.ok(!('request_uri' in body));
  });

  it('lets everything else through', async () => {
    assert.ok(begins(await engine.browser(shop).authorize(client, allowed)));
    assert.equal((await push(allowed)).status, 201);
  });

  it('judges what was pushed, not what stands beside it in the query', async () => {
    shop.change({ plugins: {} });
    const words = { displayName: 'Spend', description: '', implicitGrant: false, kind: 'api' } as const;
    shop.scopes.push({ tenantId: shop.tenant, workspaceId: shop.id, name: 'loyalty:spend', ...words });
    shop.change({});
    const { body } = await push(denied);
    shop.change({ plugins: { loyalty: true } });
    const query = { request_uri: String(body['request_uri']), scope: 'openid' };
    assert.equal(answered(await engine.browser(shop).authorize(client, query)).get('error'), 'invalid_scope');
  });

  it('hands a plugin the parameters, and no credential of the client', async () => {
    const seen: unknown[] = [];
    const extensions = {
      isFilled: () => true,
      authorizationRequest: (request: { readonly params: object }) => {
        seen.push(request.params);
        assert.ok(Object.isFrozen(request.params));
        return Promise.resolve({ kind: 'allow' as const });
      },
    };
    const place = samplePlace({ plugins: {} });
    const check = createRequestCheck({
      extensions,
      workspace: place.workspace,
      clients: { find: () => Promise.resolve(place.client) },
    });
    const params = { scope: 'openid', nonce: undefined, request: 'ey', request_uri: 'urn:x' };
    // The engine's context is far wider than what the check looks at.
    await check?.({ oidc: { client: { clientId: place.client.id }, params } } as never);
    assert.deepEqual(seen, [{ scope: 'openid' }]);
    const { body } = await push({ ...denied, client_secret: client.secret ?? '' });
    assert.doesNotMatch(JSON.stringify(body), new RegExp(client.secret ?? 'x'));
  });

  it('denies when the check fails, and says nothing of why', async () => {
    shop.change({ plugins: { loyalty: { broken: 'request' } } });
    const params = answered(await engine.browser(shop).authorize(client, allowed));
    assert.equal(params.get('error'), 'server_error');
    assert.equal(params.get('error_description'), 'the request could not be checked');
    const { status, body } = await push(allowed);
    assert.equal(status, 500);
    assert.equal(body['error'], 'server_error');
    assert.doesNotMatch(JSON.stringify(body), /secret/);
    const failure = engine.failures.at(-1);
    assert.ok(failure instanceof Error && String(failure.cause) === 'Error: plugin "loyalty"');
  });

  it('never sends a denial to an address that is not the client’s', async () => {
    const answer = await engine.browser(shop).authorize(client, { ...denied, redirect_uri: 'https://evil.example/cb' });
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get('location'), null);
  });

  it('is not there at all in a workspace without such a plugin', async () => {
    const extensions = createExtensionRegistry([loyalty]);
    const { workspace } = samplePlace({ plugins: {} });
    const clients = { find: () => Promise.reject(new Error('not to be asked')) };
    assert.equal(createRequestCheck({ extensions, workspace, clients }), undefined);
    shop.change({ plugins: { loyalty: false } });
    assert.ok(begins(await engine.browser(shop).authorize(client, denied)));
  });
});
