/** Token buckets: a burst, a steady rate, a bounded memory. */
import assert from 'node:assert/strict';
import express from 'express';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { createRateLimiter, rateLimit } from '../../../server/http/rate-limit.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';

function held(now = 1_000_000) {
  const clock = { now: () => now };
  return { clock, pass: (ms: number) => (now += ms) };
}

describe('createRateLimiter', () => {
  it('lets a burst pass and then one at a time, as fast as the rate', () => {
    const { clock, pass } = held();
    const limiter = createRateLimiter({ burst: 3, perMinute: 6 }, clock);
    assert.deepEqual(
      [1, 2, 3].map(() => limiter.take('a')),
      [0, 0, 0],
    );
    assert.equal(limiter.take('a'), 10);
    pass(9_000);
    assert.equal(limiter.take('a'), 1);
    pass(1_000);
    assert.equal(limiter.take('a'), 0);
    assert.equal(limiter.take('a'), 10);
  });

  it('never saves up more than the burst', () => {
    const { clock, pass } = held();
    const limiter = createRateLimiter({ burst: 2, perMinute: 60 }, clock);
    limiter.take('a');
    pass(86_400_000);
    assert.deepEqual(
      [1, 2, 3].map(() => limiter.take('a')),
      [0, 0, 1],
    );
  });

  it('counts each key by itself', () => {
    const limiter = createRateLimiter({ burst: 1, perMinute: 1 }, held().clock);
    assert.equal(limiter.take('a'), 0);
    assert.equal(limiter.take('b'), 0);
    assert.equal(limiter.take('a'), 60);
  });

  it('survives a clock that is set back', () => {
    const { clock, pass } = held();
    const limiter = createRateLimiter({ burst: 1, perMinute: 60 }, clock);
    assert.equal(limiter.take('a'), 0);
    pass(-10_000);
    assert.equal(limiter.take('a'), 1);
    pass(1_000);
    assert.equal(limiter.take('a'), 0);
  });

  it('forgets whoever asked longest ago once there are too many', () => {
    const limiter = createRateLimiter({ burst: 1, perMinute: 1 }, held().clock, 2);
    for (const key of ['a', 'b', 'c']) limiter.take(key);
    assert.equal(limiter.take('c'), 60);
    assert.equal(limiter.take('a'), 0);
  });
});

describe('rateLimit', () => {
  it('answers 429 with Retry-After (RFC 6585 §4)', async () => {
    const app = express();
    const limiter = createRateLimiter({ burst: 1, perMinute: 2 }, held().clock);
    app.use(
      rateLimit(limiter, () => 'everybody'),
      (_req, res) => {
        res.end();
      },
    );
    app.use(errorHandler({ log: silentLog }));
    const served = await serve(app);
    try {
      assert.equal((await served.ask('/')).status, 200);
      const second = await served.ask('/');
      assert.equal(second.status, 429);
      assert.equal(second.headers['retry-after'], '30');
    } finally {
      await served.close();
    }
  });
});
