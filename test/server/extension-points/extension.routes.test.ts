import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { definePlugin } from '../../../plugins/kit/index.ts';
import { samplePlace } from '../../../plugins/kit/sample-place.ts';
import { createExtensionRoutes } from '../../../server/extension-points/extension.routes.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, workspaceId } from '../../../server/kernel/ids.ts';

const answering = (text: string) => () => {
  const router = Router({ mergeParams: true });
  router.use((request, response) => {
    response.send(`${text} ${String(Reflect.get(request.params, 'aid'))} ${request.path}`);
  });
  return router;
};

const demo = definePlugin({
  id: 'demo-routes',
  title: 'Demo',
  config: { workspace: z.object({}) },
  setup(ext) {
    ext.routes([
      {
        path: '/dr/open',
        access: { kind: 'public', because: 'published metadata' },
        workspace: { kind: 'addressed' },
        router: answering('open'),
      },
      {
        path: '/dr/kept',
        access: { kind: 'scope', scope: 'dr:read' },
        workspace: { kind: 'addressed' },
        router: answering('kept'),
      },
      {
        path: '/dr/objects',
        access: { kind: 'scope', scope: 'dr:read' },
        workspace: {
          kind: 'touched',
          find: (_tenant, path) =>
            Promise.resolve(path === '/unknown' ? undefined : workspaceId(path.split('/')[1] ?? '')),
        },
        router: answering('object'),
      },
    ]);
  },
});

describe('the routes of plugins', () => {
  let server: Server;
  let origin: string;
  const get = async (path: string, token?: string) => {
    const response = await fetch(
      `${origin}${path}`,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    );
    return `${String(response.status)} ${await response.text()}`;
  };

  before((done) => {
    const { workspace } = samplePlace({ plugins: {} });
    const app = express();
    app.use(
      createExtensionRoutes({
        registry: createExtensionRegistry([demo]),
        workspaces: {
          find: (tenantId, id) =>
            Promise.resolve(
              tenantId === 't' && ['on', 'off', 'system'].includes(id)
                ? {
                    ...workspace,
                    id,
                    settings: { ...workspace.settings, plugins: id === 'on' ? { 'demo-routes': {} } : {} },
                  }
                : undefined,
            ),
        },
        tokens: {
          verify: (token, tenantId, workspaceId) => {
            const [aid, ...scopes] = token.split('.').map((part) => part.replace('-', ':'));
            const caller = { tenantId, workspaceId, clientId: clientId('app'), scopes };
            return Promise.resolve(aid === workspaceId ? caller : undefined);
          },
        },
      }),
    );
    app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
      response.status(isPlatformError(error) ? error.status : 500).send('-');
    });
    server = app.listen(0, '127.0.0.1', () => {
      const address = server.address();
      origin = `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : address)}`;
      done();
    });
  });
  after((done) => {
    server.close(done);
  });

  it('answer where their plugin is enabled', async () => {
    assert.equal(await get('/t/on/dr/open/x'), '200 open on /x');
    assert.equal(await get('/t/on/dr/kept/x', 'on.dr-read'), '200 kept on /x');
  });

  it('are not there where it is disabled, for whatever token', async () => {
    assert.equal(await get('/t/off/dr/open'), '404 -');
    assert.equal(await get('/t/off/dr/kept', 'off.dr-read'), '404 -');
    assert.equal(await get('/t/off/dr/kept'), '404 -');
  });

  it('are not there in a workspace or a tenant that does not exist', async () => {
    assert.equal(await get('/t/none/dr/open'), '404 -');
    assert.equal(await get('/other/on/dr/open'), '404 -');
  });

  it('refuse a caller without the declared scope', async () => {
    assert.equal(await get('/t/on/dr/kept'), '401 -');
    assert.equal(await get('/t/on/dr/kept', 'on.dr-write'), '403 -');
    assert.equal(await get('/t/on/dr/kept', 'off.dr-read'), '401 -');
  });

  it('under system follow the workspace of the object they touch', async () => {
    assert.equal(await get('/t/system/dr/objects/on', 'system.dr-read'), '200 object system /on');
    assert.equal(await get('/t/system/dr/objects/off', 'system.dr-read'), '404 -');
    assert.equal(await get('/t/system/dr/objects/unknown', 'system.dr-read'), '404 -');
  });

  it('tell strangers nothing about whose object it is', async () => {
    assert.equal(await get('/t/system/dr/objects/on'), await get('/t/system/dr/objects/unknown'));
  });
});
