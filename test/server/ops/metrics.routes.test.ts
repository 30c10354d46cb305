/** Who may read metrics. */
import assert from 'node:assert/strict';
import express from 'express';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { createMetrics } from '../../../server/ops/metrics.ts';
import { metricsRoutes } from '../../../server/ops/metrics.routes.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';

async function statusOf(token: string | undefined, headers: Record<string, string>): Promise<number> {
  const app = express();
  app.use(metricsRoutes({ metrics: createMetrics({ processMetrics: false }), token }));
  app.use(errorHandler({ log: silentLog }));
  const served = await serve(app);
  try {
    return (await served.ask('/metrics', { headers })).status;
  } finally {
    await served.close();
  }
}

describe('GET /metrics', () => {
  it('answers this machine without a token', async () => {
    for (const host of ['127.0.0.1:8080', 'localhost:8080', '[::1]:8080']) {
      assert.equal(await statusOf(undefined, { host }), 200, host);
    }
  });

  it('refuses what a proxy on this machine forwards, and a page that rebound a name to this machine', async () => {
    const host = 'localhost:8080';
    assert.equal(await statusOf(undefined, { host: 'id.example.com' }), 403);
    assert.equal(await statusOf(undefined, { host: 'localhost.evil.example' }), 403);
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via']) {
      assert.equal(await statusOf(undefined, { host, [name]: '127.0.0.1' }), 403, name);
    }
  });

  it('asks everybody for the token where there is one', async () => {
    const token = 'sixteen-characters';
    const host = 'localhost:8080';
    assert.equal(await statusOf(token, { host }), 401);
    assert.equal(await statusOf(token, { host, authorization: 'Bearer sixteen-character' }), 401);
    assert.equal(await statusOf(token, { host: '10.0.0.7:8080', authorization: `Bearer ${token}` }), 200);
  });
});
