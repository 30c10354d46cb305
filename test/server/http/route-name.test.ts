/** Names of routes: few, and without ids. */
import assert from 'node:assert/strict';
import express, { Router } from 'express';
import { errorHandler, notFound } from '../../../server/http/error-handler.ts';
import { routeName } from '../../../server/http/route-name.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

describe('routeName', () => {
  let served: Served;
  let name = '';
  before(async () => {
    const app = express();
    app.use((req, res, next) => {
      res.once('finish', () => (name = routeName(req)));
      next();
    });
    const end = (_req: unknown, res: express.Response): void => {
      res.end();
    };
    app.get('/alive', end);
    app.use('/api/system/:tid', Router().get('/clients/:cid', end));
    app.use('/:tid/:aid', Router().get('/login/:uid', end));
    app.post('/:tid/:aid/oauth2/token', end);
    app.use(notFound, errorHandler({ log: silentLog }));
    served = await serve(app);
  });
  after(() => served.close());

  for (const [method, path, expected] of [
    ['GET', '/alive?x=1', '/alive'],
    ['GET', '/api/system/acme/clients/secret-id?token=1', '/api/system/:tid/clients/:cid'],
    ['GET', '/acme/shop/login/secret-id', '/:tid/:aid/login/:uid'],
    ['GET', '/api/made-up/login/secret-id', '/api/:api/:tid/login/:uid'],
    ['POST', '/acme/shop/oauth2/token', '/:tid/:aid/oauth2/token'],
    ['GET', '/acme/shop/userinfo', '/:tid/:aid/userinfo'],
    ['GET', '/acme/shop/oauth2/authorize/secret-id', '/:tid/:aid/oauth2/authorize/:uid'],
    ['POST', '/acme/shop/oidc/logout/confirm', '/:tid/:aid/oidc/logout/confirm'],
    ['GET', '/acme/shop/made-up', 'unmatched'],
    ['GET', '/made-up', 'unmatched'],
  ] as const) {
    it(`of ${method} ${path} is ${expected}`, async () => {
      await served.ask(path, { method });
      assert.equal(name, expected);
    });
  }
});
