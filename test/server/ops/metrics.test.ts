/** Metrics: counted by few labels. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import express from 'express';
import { createMetrics } from '../../../server/ops/metrics.ts';
import { serve } from '../../support/serve.ts';

describe('createMetrics', () => {
  it('counts requests by route, method and status, without ids and queries', async () => {
    const metrics = createMetrics({ processMetrics: false });
    const app = express();
    app.use(metrics.requests);
    let closed: Promise<unknown> = Promise.resolve();
    app.get('/:tid/:aid/login/:uid', (_req, res) => {
      closed = once(res, 'close');
      res.end();
    });
    const served = await serve(app);
    try {
      await served.ask('/acme/shop/login/7d1f?code=hunter2');
      await closed;
    } finally {
      await served.close();
    }
    const { body, contentType } = await metrics.expose();
    assert.match(contentType, /^text\/plain/);
    assert.match(body, /http_requests_total\{route="\/:tid\/:aid\/login\/:uid",method="GET",status="200"\} 1/);
    assert.match(body, /http_request_duration_seconds_count\{route="\/:tid\/:aid\/login\/:uid",method="GET"\} 1/);
    assert.doesNotMatch(body, /hunter2|7d1f|acme/);
  });

  it('counts logins, steps, passwords and tokens', async () => {
    const metrics = createMetrics({ processMetrics: false });
    metrics.loginEnded('denied', 'access_denied');
    metrics.loginStepTook('authenticate', 0.03);
    metrics.passwordVerified('mismatch');
    metrics.tokenIssued('client_credentials');
    const { body } = await metrics.expose();
    assert.match(body, /logins_total\{outcome="denied",reason="access_denied"\} 1/);
    assert.match(body, /login_step_seconds_bucket\{le="0.05",step="authenticate"\} 1/);
    assert.match(body, /password_verifications_total\{result="mismatch"\} 1/);
    assert.match(body, /tokens_issued_total\{grant_type="client_credentials"\} 1/);
  });

  it('cannot be made to grow without end by names that others choose', async () => {
    const metrics = createMetrics({ processMetrics: false });
    for (let n = 0; n < 1_000; n++) metrics.loginEnded('denied', `reason-${String(n)}`);
    metrics.loginEnded('denied', 'reason-0');
    const { body } = await metrics.expose();
    assert.equal(body.match(/^logins_total\{/gm)?.length, 65);
    assert.match(body, /reason="reason-0"\} 2/);
    assert.match(body, /reason="other"\} 936/);
  });

  it('knows the process', async () => {
    assert.match((await createMetrics().expose()).body, /process_resident_memory_bytes/);
  });
});
