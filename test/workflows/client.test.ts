/** Logins through the server's one door, on a real Temporal server. */
import assert from 'node:assert/strict';
import { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { LoginMoved } from '../../workflows/client.ts';
import { connectWithin } from '../../workflows/connection.ts';
import { createFakePlatform, type FakePlatform } from '../support/fake-platform.ts';
import { newLogin, newMove, openLoginHouse, type LoginHouse } from '../support/login-worker.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';

describe('LoginClient', function () {
  this.timeout(240_000);
  let temporal: TestTemporal;
  let platform: FakePlatform;
  let house: LoginHouse;

  const open = async (steps?: readonly string[]): Promise<void> => {
    platform = createFakePlatform(steps);
    house = await openLoginHouse({ address: temporal.address, activities: platform });
  };
  before(async () => {
    temporal = await startTestTemporal();
    await open();
  });
  beforeEach(() => {
    platform.calls.length = 0;
  });
  after(async () => {
    await house.close();
    await temporal.stop();
  });

  describe('advance', () => {
    it('takes a person through the first factor and the consent', async () => {
      const login = newLogin();
      const [first, second] = [newMove('authenticate', 'password'), newMove('consent', 'yes')];
      assert.deepEqual(await house.client.advance(login, [first]), { kind: 'step', step: 'consent' });
      assert.deepEqual(await house.client.advance(login, [first, second]), { kind: 'committed', outcome: 'granted' });
      assert.deepEqual(platform.calls, ['establishPerson:password', 'decideConsent:yes']);
    });

    it('tells a declined consent from a granted one', async () => {
      const login = newLogin({ firstStep: 'consent' });
      const answer = await house.client.advance(login, [newMove('consent', 'deny')]);
      assert.deepEqual(answer, { kind: 'committed', outcome: 'denied' });
      const state = await house.client.describe(login.interactionId);
      assert.deepEqual(state?.outcome, { outcome: 'denied', reason: 'consent_denied' });
    });

    it('shows the step again after a refused proof, and takes the right one', async () => {
      const login = newLogin();
      const wrong = newMove('authenticate', 'wrong-proof');
      const refused = { kind: 'refused', step: 'authenticate', reason: 'proof_spent' };
      assert.deepEqual(await house.client.advance(login, [wrong]), refused);
      const right = newMove('authenticate', 'password');
      assert.deepEqual(await house.client.advance(login, [wrong, right]), { kind: 'step', step: 'consent' });
    });

    it('takes the first factor again while it waits for the consent', async () => {
      const login = newLogin();
      const moves = [newMove('authenticate', 'first'), newMove('authenticate', 'again')];
      await house.client.advance(login, moves.slice(0, 1));
      assert.deepEqual(await house.client.advance(login, moves), { kind: 'step', step: 'consent' });
      const done = await house.client.advance(login, [...moves, newMove('consent', 'yes')]);
      assert.deepEqual(done, { kind: 'committed', outcome: 'granted' });
      assert.deepEqual(platform.calls, ['establishPerson:first', 'establishPerson:again', 'decideConsent:yes']);
    });

    it('runs a step once however often it is submitted, and gives every tab the same answer', async () => {
      const login = newLogin();
      const move = newMove('authenticate', 'password');
      const answers = await Promise.all(Array.from({ length: 20 }, () => house.client.advance(login, [move])));
      for (const answer of answers) assert.deepEqual(answer, { kind: 'step', step: 'consent' });
      assert.deepEqual(platform.calls, ['establishPerson:password']);
    });

    it('lets one of two proofs for the consent through, and turns the other away', async () => {
      const login = newLogin({ firstStep: 'consent' });
      const results = await Promise.allSettled([
        house.client.advance(login, [newMove('consent', 'yes')]),
        house.client.advance(login, [newMove('consent', 'deny')]),
      ]);
      const turnedAway = results.filter((result) => result.status === 'rejected');
      assert.equal(turnedAway.length, 1);
      assert.ok(turnedAway[0]?.reason instanceof LoginMoved);
      assert.equal(platform.calls.length, 1);
    });

    it('takes no step before its turn', async () => {
      const login = newLogin();
      await assert.rejects(house.client.advance(login, [newMove('consent', 'yes')]), LoginMoved);
      assert.deepEqual(platform.calls, []);
      assert.deepEqual(await house.client.advance(login, [newMove('authenticate', 'password')]), {
        kind: 'step',
        step: 'consent',
      });
    });

    it('sends everything again when an earlier answer was lost together with its workflow', async () => {
      const login = newLogin();
      const moves = [newMove('authenticate', 'password'), newMove('consent', 'yes')];
      assert.deepEqual(await house.client.advance(login, moves), { kind: 'committed', outcome: 'granted' });
      assert.deepEqual(platform.calls, ['establishPerson:password', 'decideConsent:yes']);
    });

    it('answers a move of a login that is over from history, and begins no second one with another', async () => {
      const login = newLogin({ firstStep: 'consent' });
      const move = newMove('consent', 'yes');
      const answer = await house.client.advance(login, [move]);
      assert.equal((await house.client.describe(login.interactionId))?.status, 'completed');
      assert.deepEqual(await house.client.advance(login, [move]), answer);
      await assert.rejects(house.client.advance(login, [newMove('consent', 'other')]), LoginMoved);
      await assert.rejects(house.client.advance(login, [move, newMove('consent', 'other')]), LoginMoved);
      assert.deepEqual(platform.calls, ['decideConsent:yes']);
    });

    it('goes on when the platform fails for a moment', async () => {
      const login = newLogin();
      platform.failNext(2);
      const answer = await house.client.advance(login, [newMove('authenticate', 'password')]);
      assert.deepEqual(answer, { kind: 'step', step: 'consent' });
      assert.equal(platform.calls.length, 3);
    });

    it('asks for the step again when the platform cannot do it at all, and does not lose the login', async () => {
      const login = newLogin();
      platform.failNext(1, ApplicationFailure.nonRetryable('out of reach'));
      const answer = await house.client.advance(login, [newMove('authenticate', 'password')]);
      assert.deepEqual(answer, { kind: 'refused', step: 'authenticate', reason: 'unavailable' });
      const again = await house.client.advance(login, [newMove('authenticate', 'password')]);
      assert.deepEqual(again, { kind: 'step', step: 'consent' });
    });

    it('writes nothing for a login whose key is erased', async () => {
      const login = newLogin();
      house.keys.erase(login.interactionId);
      const attempt = house.client.advance(login, [newMove('authenticate', 'password')]);
      await assert.rejects(attempt, { name: 'PayloadRefused', code: 'no_key' });
      assert.equal(await house.client.describe(login.interactionId), undefined);
    });
  });

  describe('a login that an operator terminated', () => {
    it('is told to be over, with its first move and with all of them, and is never begun again', async () => {
      const login = newLogin();
      const moves = [newMove('authenticate', 'password'), newMove('consent', 'yes')];
      await house.client.advance(login, moves.slice(0, 1));
      const connection = await connectWithin({ address: temporal.address }, temporal.namespace, 5000);
      await new Client({ connection }).workflow.getHandle(login.interactionId).terminate();
      await connection.close();
      const over = (error: unknown) => error instanceof LoginMoved && error.over;
      await assert.rejects(house.client.advance(login, moves), over);
      await assert.rejects(house.client.advance(login, [newMove('authenticate', 'another')]), over);
      assert.equal((await house.client.describe(login.interactionId))?.status, 'terminated');
      assert.deepEqual(platform.calls, ['establishPerson:password']);
    });

    it('is told from one that goes on and does not wait for the move', async () => {
      const login = newLogin();
      await assert.rejects(
        house.client.advance(login, [newMove('consent', 'yes')]),
        (error) => error instanceof LoginMoved && !error.over,
      );
    });
  });

  describe('describe', () => {
    it('tells a login under way from one that never was', async () => {
      const login = newLogin();
      await house.client.advance(login, [newMove('authenticate', 'password')]);
      assert.deepEqual(await house.client.describe(login.interactionId), { status: 'running' });
      assert.equal(await house.client.describe(newLogin().interactionId), undefined);
    });

    it('knows that a login was given up when its time was over', async () => {
      const login = newLogin({ lifetimeMs: 400 });
      await house.client.advance(login, [newMove('authenticate', 'password')]);
      let state = await house.client.describe(login.interactionId);
      while (state?.status === 'running') state = await house.client.describe(login.interactionId);
      assert.deepEqual(state, { status: 'completed', outcome: { outcome: 'expired', reason: 'deadline' } });
      assert.ok(platform.calls.includes(`abandon:${login.interactionId}`));
      await assert.rejects(house.client.advance(login, [newMove('consent', 'yes')]), LoginMoved);
    });
  });

  describe('with steps of plugins', () => {
    before(async () => {
      await house.close();
      await open(['terms', 'survey', 'consent']);
    });

    it('takes each step under its own name', async () => {
      const login = newLogin();
      const moves = ['authenticate', 'terms', 'survey', 'consent'].map((step) => newMove(step, `for-${step}`));
      const answers = [];
      for (const index of moves.keys()) answers.push(await house.client.advance(login, moves.slice(0, index + 1)));
      assert.deepEqual(answers, [
        { kind: 'step', step: 'terms' },
        { kind: 'step', step: 'survey' },
        { kind: 'step', step: 'consent' },
        { kind: 'committed', outcome: 'granted' },
      ]);
    });

    it('remembers no refusal of a step that came too early', async () => {
      const login = newLogin();
      const [first, terms, survey] = [
        newMove('authenticate', 'password'),
        newMove('terms', 'read'),
        newMove('survey', 'filled'),
      ];
      await house.client.advance(login, [first]);
      await assert.rejects(house.client.advance(login, [first, survey]), LoginMoved);
      assert.deepEqual(await house.client.advance(login, [first, terms, survey]), { kind: 'step', step: 'consent' });
    });
  });

  describe('with nothing to ask for', () => {
    before(async () => {
      await house.close();
      await open([]);
    });

    it('commits by itself and answers the move that completed the login', async () => {
      const login = newLogin();
      const answer = await house.client.advance(login, [newMove('authenticate', 'password')]);
      assert.deepEqual(answer, { kind: 'committed', outcome: 'granted' });
      assert.deepEqual(platform.calls, ['establishPerson:password', `commit:${login.interactionId}`]);
    });
  });
});
