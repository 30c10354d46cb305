/** The login's definition on a real Temporal: what only the workflow itself decides. */
import assert from 'node:assert/strict';
import { Client, type Connection } from '@temporalio/client';
import { LoginDefect } from '../../../../server/interactions/login-defect.ts';
import { createFakePlatform, type FakePlatform } from '../../../support/fake-platform.ts';
import { newLogin, newMove, openLoginHouse, type LoginHouse } from '../../../support/login-worker.ts';
import { startTestTemporal, type TestTemporal } from '../../../support/temporal.ts';
import { LoginMoved } from '../../../../workflows/client.ts';
import { connectWithin } from '../../../../workflows/connection.ts';
import {
  searchAttributes,
  stopped,
  unavailable,
  type LoginOutcome,
} from '../../../../workflows/contract/authentication.ts';
import { createDataConverter } from '../../../../workflows/data-converter.ts';

describe('authentication', function () {
  this.timeout(120_000);
  let temporal: TestTemporal;
  let platform: FakePlatform;
  let house: LoginHouse;
  let connection: Connection;

  before(async () => {
    temporal = await startTestTemporal();
    connection = await connectWithin({ address: temporal.address }, temporal.namespace, 5000);
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
  after(async () => {
    await connection.close();
    await temporal.stop();
  });

  const ended = async (id: string) => {
    let state = await house.client.describe(id);
    while (state?.status === 'running') state = await house.client.describe(id);
    return state;
  };

  describe('with a script', () => {
    const withScript = async (
      scripted: FakePlatform['scripted'],
      steps = ['script', 'consent'],
      isDefect: (run: number) => boolean = () => false,
    ) => {
      await house.close();
      platform = createFakePlatform(steps);
      platform.scripted.push(...scripted);
      const { runScript } = platform;
      let runs = 0;
      platform.runScript = (of) => (isDefect((runs += 1)) ? Promise.reject(new LoginDefect()) : runScript(of));
      house = await openLoginHouse({ address: temporal.address, activities: platform });
      const login = newLogin();
      return { login, moves: [newMove('authenticate', 'password')] };
    };
    const script = 'risk@0123456789ab';
    const rest = (restMs: number) => ({ kind: 'remaining', steps: ['script', 'consent'], restMs, script }) as const;
    const attributesOf = async (id: string) => {
      const handle = new Client({ connection }).workflow.getHandle(id);
      return (await handle.describe()).typedSearchAttributes.getAll().map(({ value }) => value);
    };

    it('answers its person once the script has decided, and not before', async () => {
      const { login, moves } = await withScript([]);
      assert.deepEqual(await house.client.advance(login, moves), { kind: 'step', step: 'consent' });
      assert.deepEqual(platform.calls, ['establishPerson:password', `runScript:${login.interactionId}`]);
    });

    it('goes on by itself after the script has rested, to the end where nothing else is left', async () => {
      const { login, moves } = await withScript([rest(300)], ['script']);
      assert.deepEqual(await house.client.advance(login, moves), { kind: 'step', step: 'script' });
      assert.deepEqual((await ended(login.interactionId))?.outcome, { outcome: 'granted', reason: 'granted' });
      assert.equal(platform.calls.filter((call) => call.startsWith('runScript')).length, 2);
      assert.ok((await attributesOf(login.interactionId)).includes(script));
    });

    it('is not woken by an Update of its step’s name, whatever proof it carries', async () => {
      const { login, moves } = await withScript([rest(60_000)]);
      await house.client.advance(login, moves);
      const forged = [...moves, newMove('script', 'forged')];
      const short = await openLoginHouse({ address: temporal.address, taskQueue: house.taskQueue, timeoutMs: 1500 });
      await assert.rejects(short.client.advance(login, forged));
      await short.close();
      assert.equal(platform.calls.filter((call) => !call.startsWith('establish')).length, 1, platform.calls.join());
    });

    it('takes a first factor that is proven once more while the script rests', async () => {
      const { login, moves } = await withScript([rest(60_000), rest(60_000)]);
      await house.client.advance(login, moves);
      const again = [...moves, newMove('authenticate', 'again')];
      assert.deepEqual(await house.client.advance(login, again), { kind: 'step', step: 'script' });
      assert.equal(platform.calls.at(-1), `runScript:${login.interactionId}`);
    });

    it('runs the script again once its person is back from where it sent them', async () => {
      const away = { kind: 'remaining', steps: ['script-app.0', 'consent'], withinMs: 60_000, script } as const;
      const { login, moves } = await withScript([away]);
      assert.deepEqual(await house.client.advance(login, moves), { kind: 'step', step: 'script-app.0' });
      const back = [...moves, newMove('script-app.0', 'chosen')];
      assert.deepEqual(await house.client.advance(login, back), { kind: 'step', step: 'consent' });
      const wrong = newLogin();
      await assert.rejects(
        house.client.advance(wrong, [newMove('authenticate', 'password'), newMove('script-app.7', 'x')]),
      );
    });

    it('tells its person that it could not be run, and tries again by itself', async () => {
      const { login, moves } = await withScript([], undefined, (run) => run === 1);
      const away = { kind: 'refused', step: 'script', reason: unavailable };
      assert.deepEqual(await house.client.advance(login, moves), away);
      const tried = () => platform.calls.some((call) => call.startsWith('runScript'));
      while (!tried()) await new Promise((later) => setTimeout(later, 100));
    });
  });

  describe('with a custom application', () => {
    const withApp = async (withinMs: number, giveUpStep?: FakePlatform['giveUpStep']) => {
      await house.close();
      platform = createFakePlatform(['custom-app', 'consent'], withinMs);
      if (giveUpStep !== undefined) platform.giveUpStep = giveUpStep;
      house = await openLoginHouse({ address: temporal.address, activities: platform });
      const login = newLogin();
      return { login, moves: [newMove('authenticate', 'password')] };
    };
    const minute = 60_000;

    it('waits for its person to come back, by the Update of that name', async () => {
      const { login, moves } = await withApp(minute);
      assert.deepEqual(await house.client.advance(login, moves), { kind: 'step', step: 'custom-app' });
      await assert.rejects(house.client.advance(login, [...moves, newMove('consent', 'yes')]), LoginMoved);
      const returned = [...moves, newMove('custom-app', 'chosen')];
      assert.deepEqual(await house.client.advance(login, returned), { kind: 'step', step: 'consent' });
      assert.deepEqual(await house.client.advance(login, returned), { kind: 'step', step: 'consent' }, 'asked again');
      await house.client.advance(login, [...returned, newMove('consent', 'yes')]);
      assert.equal((await ended(login.interactionId))?.outcome?.outcome, 'granted');
      assert.deepEqual(
        platform.calls.filter((call) => call.startsWith('passStep') || call.startsWith('giveUp')),
        ['passStep custom-app:chosen'],
      );
    });

    it('gives the step up when its time is over, and closes with what the row says', async () => {
      const { login, moves } = await withApp(500);
      await house.client.advance(login, moves);
      assert.deepEqual(await ended(login.interactionId), {
        status: 'completed',
        outcome: { outcome: 'denied', reason: 'custom_app_overdue' },
      });
      assert.deepEqual(platform.calls, ['establishPerson:password', `giveUpStep custom-app:${login.interactionId}`]);
    });

    it('waits on where the person has longer by then', async () => {
      let asked = 0;
      const { login, moves } = await withApp(300, () => {
        asked += 1;
        return Promise.resolve({ kind: 'remaining', steps: ['custom-app', 'consent'], withinMs: minute });
      });
      await house.client.advance(login, moves);
      while (asked === 0) await new Promise((later) => setTimeout(later, 50));
      const next = await house.client.advance(login, [...moves, newMove('custom-app', 'chosen')]);
      assert.deepEqual(next, { kind: 'step', step: 'consent' });
      assert.equal(asked, 1);
    });
  });

  describe('with a consent page of an integrator’s', () => {
    const withPage = async (withinMs: number) => {
      await house.close();
      platform = createFakePlatform(['consent'], withinMs, 'consent');
      house = await openLoginHouse({ address: temporal.address, activities: platform });
      const login = newLogin();
      const moves = [newMove('authenticate', 'password')];
      assert.deepEqual(await house.client.advance(login, moves), { kind: 'step', step: 'consent' });
      return { login, moves };
    };

    it('takes the decision that its person brings back', async () => {
      const { login, moves } = await withPage(60_000);
      await house.client.advance(login, [...moves, newMove('consent', 'yes')]);
      assert.equal((await ended(login.interactionId))?.outcome?.outcome, 'granted');
      assert.deepEqual(platform.calls, ['establishPerson:password', 'decideConsent:yes']);
    });

    it('gives the step up when its time is over', async () => {
      const { login } = await withPage(500);
      assert.deepEqual(await ended(login.interactionId), {
        status: 'completed',
        outcome: { outcome: 'denied', reason: 'consent_overdue' },
      });
    });
  });

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

  it('shows operations why a login was denied, and no such reason of one that was granted', async () => {
    const shown = async (decision: string) => {
      const login = newLogin({ firstStep: 'consent' });
      await house.client.advance(login, [newMove('consent', decision)]);
      await ended(login.interactionId);
      const { workflow } = new Client({ connection, dataConverter: createDataConverter(house.keys) });
      const { typedSearchAttributes: found } = await workflow.getHandle(login.interactionId).describe();
      const of = (name: string) => found.getAll().find(({ key }) => key.name === name)?.value;
      return [of(searchAttributes.step), of(searchAttributes.outcome), of(searchAttributes.reason)];
    };
    assert.deepEqual(await shown('deny'), ['ended', 'denied', 'consent_denied']);
    assert.deepEqual(await shown('yes'), ['ended', 'granted', undefined]);
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

  describe('when an operator cancels it', () => {
    const cancel = (id: string) => new Client({ connection }).workflow.getHandle(id).cancel();
    /** What the row answers that is told to give up. */
    let row: (reason: string) => LoginOutcome;
    let deciding: PromiseWithResolvers<undefined>;

    beforeEach(async () => {
      await house.close();
      row = (reason) => ({ outcome: 'expired', reason });
      deciding = Promise.withResolvers();
      platform.abandon = (_login, reason = 'deadline') => {
        platform.calls.push(`abandon:${reason}`);
        return Promise.resolve(row(reason));
      };
      platform.decideConsent = () => {
        deciding.resolve(undefined);
        return Promise.reject(new Error('the database is away'));
      };
      house = await openLoginHouse({ address: temporal.address, activities: platform });
    });

    it('has the row told that it was given up, and ends as cancelled', async () => {
      const login = newLogin();
      const first = newMove('authenticate', 'password');
      await house.client.advance(login, [first]);
      await cancel(login.interactionId);
      assert.deepEqual(await ended(login.interactionId), { status: 'cancelled' });
      assert.deepEqual(platform.calls, ['establishPerson:password', `abandon:${stopped}`]);
      await assert.rejects(
        house.client.advance(login, [first, newMove('consent', 'yes')]),
        (error) => error instanceof LoginMoved && error.over,
      );
    });

    it('ends as its row did, where that was committed before', async () => {
      row = () => ({ outcome: 'granted', reason: 'granted' });
      const login = newLogin();
      await house.client.advance(login, [newMove('authenticate', 'password')]);
      await cancel(login.interactionId);
      assert.deepEqual(await ended(login.interactionId), {
        status: 'completed',
        outcome: { outcome: 'granted', reason: 'granted' },
      });
    });

    /** A decision that is sent, and whose activity runs when the operator cancels. */
    const cancelledWhileDeciding = async () => {
      const login = newLogin();
      const first = newMove('authenticate', 'password');
      await house.client.advance(login, [first]);
      const answer = house.client.advance(login, [first, newMove('consent', 'yes')]);
      await Promise.all([deciding.promise.then(() => cancel(login.interactionId)), answer.catch(() => undefined)]);
      return { login, answer };
    };

    it('lets nobody wait for the answer of a step that was under way', async () => {
      const { login, answer } = await cancelledWhileDeciding();
      await assert.rejects(answer, (error) => error instanceof LoginMoved && error.over);
      assert.deepEqual(await ended(login.interactionId), { status: 'cancelled' });
    });

    it('tells whoever waits for a step that was committed after all', async () => {
      row = () => ({ outcome: 'granted', reason: 'granted' });
      assert.deepEqual(await (await cancelledWhileDeciding()).answer, { kind: 'committed', outcome: 'granted' });
    });
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
