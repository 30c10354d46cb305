/** A code opens something once, also when many bring it at once. */
import assert from 'node:assert/strict';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import { openCodeHouse, type CodeHouse } from '../../support/code-house.ts';

describe('createRedeem', function () {
  this.timeout(60_000);
  let house: CodeHouse;
  let pool: Pool;
  before(async () => {
    house = await openCodeHouse();
    pool = await house.pool();
  });
  after(() => house.close());
  beforeEach(() => house.forgive());

  it('does the work of one of many', async () => {
    const user = await house.person(pool.id);
    const { redeem, sender } = house.codes.routes;
    const { code } = await sender.generate({ pool, type: 'challenge', user, to: [] });
    let done = 0;
    const work = () => {
      return Promise.resolve(() => {
        done += 1;
        return Promise.resolve();
      });
    };
    const guess = { pool, type: 'challenge', user, typed: user.id, code } as const;
    const all = await Promise.allSettled(Array.from({ length: 4 }, () => redeem.redeem(guess, work)));
    assert.equal(done, 1);
    for (const one of all) if (one.status === 'rejected') assert.ok(isPlatformError(one.reason, 'unauthorized'));
  });

  it('says when to come back to who guesses too often', async () => {
    const user = await house.person(pool.id);
    const guess = { pool, type: 'challenge', user, typed: user.id, code: '000000' } as const;
    const attempt = () => house.codes.routes.redeem.redeem(guess, () => Promise.resolve(() => Promise.resolve()));
    for (let tries = 0; tries < 6; tries += 1) await assert.rejects(attempt());
    await assert.rejects(
      attempt(),
      (error) => isPlatformError(error, 'too_many_requests') && (error.retryAfterSeconds ?? 0) > 0,
    );
  });
});
