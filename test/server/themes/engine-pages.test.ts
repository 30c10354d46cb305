/** The engine's pages in our dress, and what they tell to whom. */
import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Client } from '../../../server/clients/client.ts';
import { clientId, tenantId } from '../../../server/kernel/ids.ts';
import type { ErrorPage } from '../../../server/oauth2/pages.ts';
import { endedMark } from '../../../server/interactions/login-address.ts';
import { createEnginePages } from '../../../server/themes/engine-pages.ts';
import { createRenderer } from '../../../server/themes/renderer.ts';
import { workspaceOf } from '../../support/stores.ts';

const workspace = workspaceOf(tenantId('acme'));
const client: Client = {
  tenantId: workspace.tenantId,
  workspaceId: workspace.id,
  id: clientId('shop'),
  status: 'active',
  trusted: false,
  metadata: { client_name: 'Planted shop', client_uri: 'https://planted.example/' },
  secret: undefined,
  rotatedSecrets: [],
  createdAt: 0,
  updatedAt: 0,
};
const renderer = createRenderer({ templatesDir: fileURLToPath(new URL('../../../templates', import.meta.url)) });

function pagesWith(kind: 'finished' | 'expired' = 'finished') {
  const asked: string[] = [];
  const pages = createEnginePages({
    renderer,
    tenants: {
      find: () =>
        Promise.resolve({ id: workspace.tenantId, name: 'Acme <b>', settings: {}, createdAt: 0, updatedAt: 0 }),
    },
    clients: { find: (_tenant, _workspace, id) => Promise.resolve(id === client.id ? client : undefined) },
    endOf: (_tenant, _workspace, uid) => {
      asked.push(uid);
      return Promise.resolve({ kind, clientId: client.id });
    },
  });
  return { pages, asked };
}

function place(url: string, headers: Readonly<Record<string, string>> = {}) {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { url, headers });
  return { workspace, request, response: new ServerResponse(request) };
}
const failure = (url: string, change: Partial<ErrorPage> = {}): ErrorPage => ({
  ...place(url),
  status: 400,
  error: 'invalid_request',
  description: undefined,
  traceId: 'trace-7',
  heldUid: undefined,
  ...change,
});
async function drawn(page: ErrorPage, kind?: 'finished' | 'expired'): Promise<string> {
  const html = await pagesWith(kind).pages.error(page);
  assert.ok(typeof html === 'string', 'a page, and no other address');
  return html;
}
const resume = '/acme/bank/oauth2/authorize/uid-1';
const over = { error: 'invalid_request', description: 'interaction session not found' };

describe('EnginePages', () => {
  describe('error', () => {
    it('shows the reference, the error for developers, and strict headers', async () => {
      const page = failure('/acme/bank/oauth2/authorize', { description: 'redirect_uri did not match <script>' });
      const html = await drawn(page);
      assert.match(html, /trace-7/);
      assert.match(html, /Acme &lt;b&gt;/);
      assert.doesNotMatch(html, /<script>/);
      assert.match(String(page.response.getHeader('content-security-policy')), /default-src 'none'|default-src 'self'/);
      assert.equal(page.response.getHeader('cache-control'), 'no-store');
      assert.equal(page.response.getHeader('x-content-type-options'), 'nosniff');
    });

    it('tells one kind of failure from the other', async () => {
      const html = (change: Partial<ErrorPage>, url = '/acme/bank/oauth2/authorize') => drawn(failure(url, change));
      const shown = await Promise.all([
        html({ status: 500, error: 'server_error' }),
        html({ error: 'invalid_client' }),
        html({ error: 'unauthorized_client' }),
        html({ error: 'invalid_redirect_uri' }),
        html({}, '/acme/bank/oidc/logout'),
        html({}),
      ]);
      const titles = shown.map((text) => /<p class="lead">(.*?)<\/p>/s.exec(text)?.[1]);
      assert.equal(new Set(titles).size, shown.length, titles.join('\n'));
    });

    it('tells the browser that holds the login’s cookie how it ended', async () => {
      const page = failure(resume, { ...over, heldUid: 'uid-1' });
      assert.match(await drawn(page, 'finished'), /Planted shop/);
      assert.match(await drawn(page, 'expired'), /https:\/\/planted\.example\//);
    });

    it('tells any other browser nothing: the login’s own page knows it by its cookie, or not', async () => {
      const gone = { error: 'invalid_request', description: 'authorization request has expired' };
      for (const change of [gone, { ...gone, heldUid: 'uid-2' }, { ...over, heldUid: 'uid-2' }]) {
        const { pages, asked } = pagesWith();
        const answer = await pages.error(failure(resume, change));
        const location = `/${workspace.tenantId}/${workspace.id}/login/uid-1?${endedMark}`;
        assert.deepEqual(answer, { location });
        assert.deepEqual(asked, []);
      }
    });

    it('sends nobody out of the house, whatever the address holds', async () => {
      const answer = await pagesWith().pages.error(failure('/acme/bank/oauth2/authorize/..%2f%2fevil.example', over));
      assert.ok(typeof answer === 'object');
      assert.equal(new URL(answer.location, 'https://id.example/').host, 'id.example');
      assert.doesNotMatch(answer.location, /\/\/|\.\.\//);
    });

    it('speaks the person’s language', async () => {
      const page = failure(resume, place(resume, { 'accept-language': 'pt-BR,pt;q=0.9' }));
      assert.match(await drawn(page), /<html lang="pt"/);
    });
  });

  it('asks before it signs out, with the engine’s own form', async () => {
    const form =
      '<form id="op.logoutForm" method="post" action="https://id.example/acme/bank/oidc/logout/confirm"><input type="hidden" name="xsrf" value="x7"/></form>';
    const html = await pagesWith().pages.confirmLogout({
      ...place('/acme/bank/oidc/logout'),
      form,
      client: 'shop',
    });
    assert.match(html, /value="x7"/);
    assert.match(html, /Planted shop/);
  });

  it('says that somebody is signed out, and of which application', async () => {
    const page = { ...place('/acme/bank/oidc/logout/success'), client: 'shop' };
    assert.match(await pagesWith().pages.signedOut(page), /Planted shop/);
    assert.doesNotMatch(await pagesWith().pages.signedOut({ ...page, client: undefined }), /Planted/);
  });
});
