/** Bearer tokens and their challenges. */
import assert from 'node:assert/strict';
import express from 'express';
import { callerOf, challenge, requireScope } from '../../../server/http/bearer.ts';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

const token = {
  tenantId: tenantId('acme'),
  workspaceId: workspaceId('system'),
  clientId: clientId('c1'),
  scopes: ['manage_clients', 'view_clients'],
};

describe('requireScope', () => {
  let served: Served;
  before(async () => {
    const app = express();
    const verify = (value: string) => Promise.resolve(value === 'good.token' ? token : undefined);
    app.get('/api/system/:tid/clients', requireScope(verify, 'manage_clients'), (req, res) => {
      res.json(callerOf(req, String(req.params['tid'])));
    });
    app.get('/api/system/:tid/tenants', requireScope(verify, 'manage_configuration'), (_req, res) => {
      res.end();
    });
    app.get('/forgotten', (req, res) => {
      res.json(callerOf(req, 'acme'));
    });
    app.use(errorHandler({ log: silentLog }));
    served = await serve(app);
  });
  after(() => served.close());

  const ask = (authorization: string | undefined, path = '/api/system/acme/clients') =>
    served.ask(path, { headers: authorization === undefined ? {} : { authorization } });

  it('lets a valid token with the scope pass, whatever the case of the scheme (RFC 9110 §11.1)', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const answer = await ask(`${scheme} good.token`);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.json(), token);
    }
  });

  it('asks for a token without naming an error when there is none (RFC 6750 §3.1)', async () => {
    for (const none of [undefined, 'Basic YTpi']) {
      const answer = await ask(none);
      assert.equal(answer.status, 401);
      assert.equal(answer.headers['www-authenticate'], 'Bearer realm="gatehouse"');
    }
  });

  it('calls an unknown token invalid_token', async () => {
    const answer = await ask('Bearer bad.token');
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['www-authenticate'], 'Bearer realm="gatehouse", error="invalid_token"');
  });

  it('calls a token without the scope insufficient_scope and names the scope', async () => {
    const answer = await ask('Bearer good.token', '/api/system/acme/tenants');
    assert.equal(answer.status, 403);
    assert.match(
      String(answer.headers['www-authenticate']),
      /error="insufficient_scope", scope="manage_configuration"$/,
    );
  });

  for (const malformed of [
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer "good.token"',
    'Bearer good.token,',
    `Bearer ${'a'.repeat(16_385)}`,
  ]) {
    it(`calls ${malformed.slice(0, 30)} invalid_request (RFC 6750 §2.1)`, async () => {
      const answer = await served.raw(
        `GET /api/system/acme/clients HTTP/1.1\r\nHost: x\r\nAuthorization: ${malformed}\r\nConnection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 (400|431) /);
      if (answer.startsWith('HTTP/1.1 400')) assert.match(answer, /error="invalid_request"/);
    });
  }

  it('refuses two Authorization headers, of which another hop might read the other', async () => {
    const answer = await served.raw(
      'GET /api/system/acme/clients HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good.token\r\nAuthorization: Bearer bad\r\nConnection: close\r\n\r\n',
    );
    assert.match(answer, /^HTTP\/1\.1 400 /);
  });

  it('does not read tokens from the query (RFC 9700 §4.3.2)', async () => {
    assert.equal((await ask(undefined, '/api/system/acme/clients?access_token=good.token')).status, 401);
  });

  it('keeps the token of one tenant out of another', async () => {
    assert.equal((await ask('Bearer good.token', '/api/system/other/clients')).status, 403);
  });

  it('denies where nobody verified a token', async () => {
    assert.equal((await ask('Bearer good.token', '/forgotten')).status, 401);
  });
});

describe('challenge', () => {
  it('cannot be broken out of', () => {
    assert.equal(
      challenge('insufficient_scope', 'a"\r\nX-Evil: 1\\'),
      'Bearer realm="gatehouse", error="insufficient_scope", scope="aX-Evil: 1"',
    );
  });
});
