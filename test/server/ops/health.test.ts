/** Health: what balancers and people are told. */
import assert from 'node:assert/strict';
import express from 'express';
import { healthRoutes } from '../../../server/ops/health.ts';
import type { Check } from '../../../server/ops/health.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

describe('healthRoutes', () => {
  let served: Served;
  let now = 0;
  let asked = 0;
  let database: Check;
  let temporal: Check;
  const well: Check = () => Promise.resolve();
  const ill: Check = () => Promise.reject(new Error('mysql://root:hunter2@db'));

  beforeEach(async () => {
    [now, asked, database, temporal] = [0, 0, well, well];
    const app = express();
    app.use(
      healthRoutes({
        database: () => {
          asked++;
          return database();
        },
        temporal: () => temporal(),
        clock: { now: () => now },
        timeoutMs: 50,
        cacheMs: 1_000,
      }),
    );
    served = await serve(app);
  });
  afterEach(() => served.close());

  it('lives, whatever else is away', async () => {
    database = ill;
    assert.equal((await served.ask('/alive')).status, 200);
    assert.equal(asked, 0);
  });

  it('is ok when all answers', async () => {
    const answer = await served.ask('/health');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.deepEqual(answer.json(), { status: 'ok', checks: { database: 'ok', temporal: 'ok' } });
  });

  it('is degraded but 200 without Temporal, so that tokens stay in the balancer', async () => {
    temporal = ill;
    const answer = await served.ask('/health');
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json(), { status: 'degraded', checks: { database: 'ok', temporal: 'unavailable' } });
  });

  it('is 503 without the database, and does not say why', async () => {
    database = ill;
    const answer = await served.ask('/health');
    assert.equal(answer.status, 503);
    assert.deepEqual(answer.json(), { status: 'unavailable', checks: { database: 'unavailable', temporal: 'ok' } });
  });

  it('takes a check that throws at once like one that fails', async () => {
    database = () => {
      throw new Error('closed');
    };
    assert.equal((await served.ask('/health')).status, 503);
  });

  it('asks once a second, however often it is asked', async () => {
    await Promise.all(Array.from({ length: 20 }, () => served.ask('/health')));
    assert.equal(asked, 1);
    now = 1_000;
    database = ill;
    assert.equal((await served.ask('/health')).status, 503);
    assert.equal(asked, 2);
  });

  it('gives up on a check that hangs, and never starts it twice', async () => {
    const hanging = Promise.withResolvers<undefined>();
    database = () => hanging.promise;
    for (const time of [0, 1_000, 2_000]) {
      now = time;
      assert.equal((await served.ask('/health')).status, 503);
    }
    assert.equal(asked, 1);
    hanging.resolve(undefined);
    now = 3_000;
    assert.equal((await served.ask('/health')).status, 200);
    assert.equal(asked, 2);
  });
});
