/** What stands at `/`. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { createHomeRoutes } from '../../../server/demo/home.routes.ts';
import { createRenderer } from '../../../server/themes/renderer.ts';
import { serve } from '../../support/serve.ts';
import { loadConfig } from '../../../server/config.ts';

const renderer = createRenderer({ templatesDir: fileURLToPath(new URL('../../../templates', import.meta.url)) });

async function home(env: Readonly<Record<string, string>>, temporalUiUrl?: string) {
  const app = express();
  app.use(createHomeRoutes({ renderer, config: loadConfig(env), temporalUiUrl }));
  app.use((_req, res) => res.status(404).end('nothing here'));
  const served = await serve(app);
  try {
    return await served.ask('/');
  } finally {
    await served.close();
  }
}

describe('GET /', () => {
  it('leads whoever starts the platform to the demonstration, the discovery and the Temporal UI', async () => {
    const { status, text, headers } = await home(
      { DEFAULT_TENANT: 'acme', DEMO_WORKSPACE: 'bank' },
      'http://localhost:8233',
    );
    assert.equal(status, 200);
    assert.match(text, /href="\/acme\/bank\/demo"/);
    assert.match(text, /href="\/acme\/bank\/\.well-known\/openid-configuration"/);
    assert.match(text, /href="http:\/\/localhost:8233/);
    assert.match(String(headers['content-security-policy']), /default-src 'none'|default-src 'self'/);
  });

  it('shows no Temporal UI where it is not ours', async () => {
    assert.doesNotMatch((await home({})).text, /8233/);
  });

  it('leads to the tenants where there is no demonstration', async () => {
    const { status, headers } = await home({ DEMO: 'false' });
    assert.deepEqual([status, headers['location']], [302, '/tenants']);
  });
});
