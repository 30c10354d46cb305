import assert from 'node:assert/strict';
import { IncomingMessage, request } from 'node:http';
import { Socket } from 'node:net';
import { reservedSegments } from '../../../server/extension-points/routes.ts';
import { createOauth2Handler } from '../../../server/oauth2/oauth2.routes.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';

/** `fetch` does not let anyone say another Host. */
function get(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const sent = request(url, { headers }, (response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    response.on('end', () => resolve(text));
  });
  sent.on('error', reject).end();
  return promise;
}

describe('createOauth2Handler', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  before(async () => {
    engine = await startEngine();
    shop = await engine.addWorkspace();
  });
  after(() => engine.stop());

  it('lets no header decide which addresses are published', async () => {
    const text = await get(`${shop.issuer}/.well-known/openid-configuration`, {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
    });
    assert.ok(!text.includes('evil.example'));
    assert.ok(!text.includes('https://'));
  });

  it('lets no header decide where a login resumes', async () => {
    const query = new URLSearchParams({
      client_id: shop.addClient({}).id,
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    });
    await get(`${shop.issuer}/oauth2/authorize?${query.toString()}`, { host: 'evil.example' });
    const rows = JSON.stringify(await engine.knex('oidc_artifacts').where({ model: 'Interaction' }));
    assert.ok(rows.includes(shop.issuer));
    assert.ok(!rows.includes('evil.example'));
  });

  it('takes only paths that plugins cannot have', () => {
    const { takes } = createOauth2Handler({ registry: { get: () => Promise.resolve(undefined) } });
    const asked = (url: string) => takes(Object.assign(new IncomingMessage(new Socket()), { url }));
    for (const segment of ['oauth2', 'oidc', 'par', 'userinfo', 'device', 'backchannel', '.well-known']) {
      assert.ok(reservedSegments.has(segment), segment);
      for (const rest of ['', '?a=b', '/more', '/more?a=/b'])
        assert.ok(asked(`/t/w/${segment}${rest}`), segment + rest);
      assert.ok(!asked(`/t/w/${segment}s`), segment);
    }
    for (const url of ['/', '/t/w', '/t/w/', '/t/w/login/u', '/t/w/demo', '//w/par', '/t//par', '/t/w/x/par', '/par']) {
      assert.ok(!asked(url), url);
    }
  });

  it('passes on what belongs to no workspace', async () => {
    for (const path of ['/nobody/nowhere/oauth2/token', `/${shop.tenant}/NOT-AN-ID/oauth2/token`]) {
      const response = await fetch(`${engine.origin}${path}`);
      assert.equal(response.status, 404, path);
      assert.match(await response.text(), /Cannot GET/);
    }
  });
});
