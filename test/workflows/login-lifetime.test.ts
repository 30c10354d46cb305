/** A login may wait for days, and ends when its days are over. */
import assert from 'node:assert/strict';
import { createFakePlatform } from '../support/fake-platform.ts';
import { newLogin, newMove, openLoginHouse, type LoginHouse } from '../support/login-worker.ts';
import { startTimeSkipping, type TimeSkipping } from '../support/time-skipping.ts';

const threeDaysMs = 72 * 60 * 60 * 1000;

describe('a login that waits for days', function () {
  this.timeout(240_000);
  const platform = createFakePlatform();
  let server: TimeSkipping | undefined;
  let house: LoginHouse | undefined;

  before(async function () {
    try {
      server = await startTimeSkipping();
    } catch (error) {
      process.stdout.write(`      skipped, no time-skipping server: ${String(error)}\n`);
      this.skip();
    }
    house = await openLoginHouse({ address: server.address, activities: platform });
  });
  after(async () => {
    await house?.close();
    await server?.stop();
  });

  it('is given up, and its row told so, three days after it began', async () => {
    assert.ok(house && server);
    const { client } = house;
    const login = newLogin({ lifetimeMs: threeDaysMs, firstStep: 'authenticate' });
    const answer = await client.advance(login, [newMove('authenticate', 'password')]);
    assert.deepEqual(answer, { kind: 'step', step: 'consent' });
    assert.deepEqual(await client.describe(login.interactionId), { status: 'running' });

    await server.skip(threeDaysMs);
    let state = await client.describe(login.interactionId);
    while (state?.status === 'running') state = await client.describe(login.interactionId);
    assert.deepEqual(state, { status: 'completed', outcome: { outcome: 'expired', reason: 'deadline' } });
    assert.deepEqual(platform.calls, ['establishPerson:password', `abandon:${login.interactionId}`]);
  });
});
