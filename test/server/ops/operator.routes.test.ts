/** Signing in at /ops: for operators, from our own page, a few times a minute. */
import assert from 'node:assert/strict';
import express from 'express';
import { createSealer } from '../../../server/db/secrets-at-rest.ts';
import { readClientAddress } from '../../../server/http/client-address.ts';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { pinHost } from '../../../server/http/host.ts';
import { createPublicOrigins } from '../../../server/http/public-origin.ts';
import { createRateLimiter } from '../../../server/http/rate-limit.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import { operatorRoutes } from '../../../server/ops/operator.routes.ts';
import type { OperatorPage } from '../../../server/ops/operator.routes.ts';
import { createOperatorSessions } from '../../../server/ops/operator-session.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

const origin = 'http://localhost:8080';
const host = 'localhost:8080';
const clock = { now: () => 1_700_000_000_000 };

describe('operatorRoutes', () => {
  let served: Served;
  let shown: OperatorPage | undefined;
  let tried = 0;
  beforeEach(async () => {
    [shown, tried] = [undefined, 0];
    const app = express();
    app.use(readClientAddress([]), pinHost(createPublicOrigins(origin)));
    app.use(
      operatorRoutes({
        sessions: createOperatorSessions({ sealer: createSealer(Buffer.alloc(32, 1)), clock, https: false }),
        attempts: createRateLimiter({ burst: 3, perMinute: 1 }, clock),
        verifyClient: (tenant, id, secret) => {
          tried++;
          const scopes = id === 'plain' ? [] : ['read_login_history'];
          return Promise.resolve(secret === 'right' ? { tenantId: tenantId(tenant), clientId: id, scopes } : undefined);
        },
        sendPage: (_req, res, status, page) => {
          shown = page;
          res.status(status).send('page');
        },
      }),
    );
    app.use(errorHandler({ log: silentLog }));
    served = await serve(app);
  });
  afterEach(() => served.close());

  const post = (fields: Record<string, string>, headers: Record<string, string> = { origin }, path = '/ops') =>
    served.ask(path, {
      method: 'POST',
      headers: { host, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    });
  const right = { tenant: 'acme', client_id: 'ops', client_secret: 'right' };

  it('shows the form, takes credentials, and then shows who is signed in', async () => {
    assert.equal((await served.ask('/ops', { headers: { host } })).status, 200);
    assert.deepEqual(shown, { operator: undefined, failed: false, typed: { tenant: '', clientId: '' } });
    const answer = await post(right);
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.location, '/ops');
    const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    await served.ask('/ops', { headers: { host, cookie } });
    assert.partialDeepStrictEqual(shown, { operator: { tenantId: 'acme', allTenants: false, name: 'ops' } });
  });

  it('answers a wrong secret and a client without the scope alike, without a cookie or the secret', async () => {
    for (const fields of [
      { ...right, client_secret: 'wrong' },
      { ...right, client_id: 'plain' },
    ]) {
      const answer = await post(fields);
      assert.equal(answer.status, 401);
      assert.equal(answer.headers['set-cookie'], undefined);
      assert.deepEqual(shown, {
        operator: undefined,
        failed: true,
        typed: { tenant: 'acme', clientId: fields.client_id },
      });
    }
  });

  it('takes nothing for a form of too long or repeated fields', async () => {
    const answer = await post({ ...right, client_id: 'x'.repeat(513) });
    assert.equal(answer.status, 401);
    const body = 'tenant=acme&client_id=ops&client_secret=right&client_secret=right';
    const headers = { host, origin, 'content-type': 'application/x-www-form-urlencoded' };
    assert.equal((await served.ask('/ops', { method: 'POST', headers, body })).status, 401);
    assert.equal(tried, 0);
  });

  it('refuses forms of foreign pages, and of pages that do not say (CSRF)', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'http://localhost:8233' },
      { origin: 'null' },
      {},
    ]) {
      assert.equal((await post(right, headers)).status, 403);
      assert.equal((await post({}, headers, '/ops/sign-out')).status, 403);
    }
    assert.equal(tried, 0);
  });

  it('stops guessing from one address, whatever client is tried', async () => {
    const forged = (n: number) => ({ origin, 'x-forwarded-for': `198.51.100.${String(n)}` });
    for (const n of [1, 2, 3]) await post({ ...right, client_id: `c${String(n)}`, client_secret: 'wrong' }, forged(n));
    const answer = await post(right, forged(4));
    assert.equal(answer.status, 429);
    assert.equal(answer.headers['retry-after'], '60');
    assert.equal(tried, 3);
  });

  it('signs out', async () => {
    const answer = await post({}, { origin }, '/ops/sign-out');
    assert.equal(answer.status, 303);
    assert.match(answer.headers['set-cookie']?.[0] ?? '', /^gatehouse-operator=;/);
  });
});
