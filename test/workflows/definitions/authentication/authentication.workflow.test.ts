/** The login's definition on a real Temporal: what only the workflow itself decides. */
import assert from 'node:assert/strict';
import { LoginDefect } from '../../../../server/interactions/login-defect.ts';
import { createFakePlatform, type FakePlatform } from '../../../support/fake-platform.ts';
import { newLogin, newMove, openLoginHouse, type LoginHouse } from '../../../support/login-worker.ts';
import { startTestTemporal, type TestTemporal } from '../../../support/temporal.ts';
import { unavailable } from '../../../../workflows/contract/authentication.ts';

describe('authentication', function () {
  this.timeout(120_000);
  let temporal: TestTemporal;
  let platform: FakePlatform;
  let house: LoginHouse;

  before(async () => {
    temporal = await startTestTemporal();
  });
  beforeEach(async () => {
    platform = createFakePlatform();
    platform.abandon = () => {
      platform.calls.push('abandon');
      return Promise.resolve({ outcome: 'denied', reason: 'cancelled' });
    };
    house = await openLoginHouse({ address: temporal.address, activities: platform });
  });
  afterEach(() => house.close());
  after(() => temporal.stop());

  const ended = async (id: string) => {
    let state = await house.client.describe(id);
    while (state?.status === 'running') state = await house.client.describe(id);
    return state;
  };

  it('closes with what the row says when its row was ended elsewhere', async () => {
    const login = newLogin();
    await house.client.advance(login, [newMove('authenticate', 'password')]);
    await house.client.endedElsewhere(login.interactionId);
    assert.deepEqual(await ended(login.interactionId), {
      status: 'completed',
      outcome: { outcome: 'denied', reason: 'cancelled' },
    });
    assert.deepEqual(platform.calls, ['establishPerson:password', 'abandon']);
  });

  it('is over, whichever came first, when its row is ended while a step is under way', async () => {
    const login = newLogin();
    const first = newMove('authenticate', 'password');
    await house.client.advance(login, [first]);
    platform.failNext(2);
    await Promise.allSettled([
      house.client.advance(login, [first, newMove('consent', 'yes')]),
      house.client.endedElsewhere(login.interactionId),
    ]);
    assert.equal((await ended(login.interactionId))?.status, 'completed');
  });

  it('tells nobody of a login that never was, and never rejects', async () => {
    await house.client.endedElsewhere('no-such-login');
    assert.equal(await house.client.describe('no-such-login'), undefined);
  });

  it('tries a defect once only: the person is told at once, and may repeat the step', async () => {
    const login = newLogin();
    platform.failNext(1, new LoginDefect());
    const first = newMove('authenticate', 'password');
    const answer = await house.client.advance(login, [first]);
    assert.deepEqual(answer, { kind: 'refused', step: 'authenticate', reason: unavailable });
    assert.deepEqual(platform.calls, ['establishPerson:password']);
    const next = await house.client.advance(login, [newMove('authenticate', 'again')]);
    assert.deepEqual(next, { kind: 'step', step: 'consent' });
  });

  it('tries again what passes, without the person noticing', async () => {
    const login = newLogin();
    platform.failNext(2);
    const answer = await house.client.advance(login, [newMove('authenticate', 'password')]);
    assert.deepEqual(answer, { kind: 'step', step: 'consent' });
    assert.equal(platform.calls.length, 3);
  });

  it('starts with a name of any length that the web tier cuts to 80 bytes', async () => {
    const long = 'x'.repeat(64);
    const login = newLogin({ title: `${'é'.repeat(40)}…`, tenantId: long, workspaceId: long });
    const answer = await house.client.advance(login, [newMove('authenticate', 'password')]);
    assert.deepEqual(answer, { kind: 'step', step: 'consent' });
  });
});
