/** The order of the mounts: who is asked first, and what stands before whom. */
import assert from 'node:assert/strict';
import { Router } from 'express';
import { createApp, type AppParts } from '../../server/app.ts';
import { errorHandler } from '../../server/http/error-handler.ts';
import type { Middleware } from '../../server/http/front-door.ts';
import { PlatformError } from '../../server/kernel/errors.ts';
import { silentLog } from '../support/recording-log.ts';
import { serve, type Served } from '../support/serve.ts';

describe('createApp', () => {
  let served: Served;
  let asked: string[];

  const passing =
    (name: string): Middleware =>
    (_req, _res, next) => {
      asked.push(name);
      next();
    };
  const answering = (name: string, path: string): Router =>
    Router().get(path, (_req, res) => {
      asked.push(name);
      res.end(name);
    });

  before(async () => {
    const parts: AppParts = {
      preamble: [passing('preamble')],
      unpinned: [answering('health', '/alive'), answering('metrics', '/metrics')],
      pinHost: (req, _res, next) => {
        asked.push('pinHost');
        if (req.headers.host === 'evil.example') throw new PlatformError('misdirected_request', 'not here');
        next();
      },
      operations: [answering('operations', '/ops')],
      assets: answering('assets', '/style.css'),
      pageHeaders: passing('pageHeaders'),
      management: answering('management', '/api/system/tenants'),
      home: answering('home', '/'),
      tenantFinder: answering('tenantFinder', '/tenants'),
      console: answering('console', '/:tid/admin'),
      logins: answering('logins', '/:tid/:aid/login/:uid'),
      accounts: answering('accounts', '/:tid/identity/:pid/register'),
      ownAccounts: answering('ownAccounts', '/:tid/:aid/account'),
      approvals: answering('approvals', '/:tid/:aid/approvals'),
      demo: answering('demo', '/:tid/:aid/demo'),
      extensions: answering('extensions', '/:tid/:aid/ext'),
      bearer: answering('bearer', '/:tid/:aid/oauth2/introspect'),
      protocol: {
        takes: ({ url }) => url?.endsWith('/oauth2/token') === true,
        answer(_req, res) {
          asked.push('protocol');
          res.end('protocol');
          return Promise.resolve(true);
        },
      },
      errors: errorHandler({ log: silentLog }),
    };
    served = await serve(createApp(parts));
  });
  after(() => served.close());
  beforeEach(() => {
    asked = [];
  });

  const way = async (path: string): Promise<string> => {
    await served.ask(path);
    return asked.join(' ');
  };

  it('answers balancers and scrapers before it asks for which host', async () => {
    assert.equal(await way('/alive'), 'preamble health');
    asked = [];
    assert.equal(await way('/metrics'), 'preamble metrics');
  });

  it('pins the host before anything else answers', async () => {
    for (const path of ['/', '/ops', '/a/b/oauth2/token', '/assets/style.css']) {
      asked = [];
      const answer = await served.ask(path, { headers: { host: 'evil.example' } });
      assert.equal(answer.status, 421);
      assert.deepEqual(asked, ['preamble', 'pinHost']);
    }
  });

  it('puts the headers of pages on pages, and on nothing that programs ask', async () => {
    assert.equal(await way('/'), 'preamble pinHost pageHeaders home');
    asked = [];
    assert.equal(await way('/a/b/login/uid'), 'preamble pinHost pageHeaders logins');
    asked = [];
    assert.equal(await way('/a/b/demo'), 'preamble pinHost pageHeaders demo');
    asked = [];
    assert.equal(await way('/a/b/account'), 'preamble pinHost pageHeaders ownAccounts');
    asked = [];
    assert.equal(await way('/a/b/oauth2/token'), 'preamble pinHost protocol');
    asked = [];
    assert.equal(await way('/a/b/ext'), 'preamble pinHost extensions');
    asked = [];
    assert.equal(await way('/a/b/oauth2/introspect'), 'preamble pinHost bearer');
  });

  it('answers 404 in the published shape where nothing is, and names no framework', async () => {
    const answer = await served.ask('/nowhere');
    assert.equal(answer.status, 404);
    assert.deepEqual(answer.json(), {
      status_code: 404,
      error: 'there is nothing at this address',
      error_code: 'not_found',
    });
    assert.equal(answer.headers['x-powered-by'], undefined);
    assert.equal(answer.headers.etag, undefined);
  });
});
