/** Logins outlive the processes that run them: workers are killed, and Temporal goes away and comes back. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorkflowsUnavailable } from '../../workflows/client.ts';
import { careForChild } from '../support/caretaker.ts';
import { createFakePlatform } from '../support/fake-platform.ts';
import { freePort } from '../support/free-port.ts';
import { newLogin, newMove, openLoginHouse, type LoginHouse } from '../support/login-worker.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';

const workerProcess = fileURLToPath(new URL('../support/run-login-worker.ts', import.meta.url));

describe('runWorker', function () {
  this.timeout(240_000);
  let temporal: TestTemporal;
  let house: LoginHouse | undefined;
  const workers: ChildProcess[] = [];

  before(async () => {
    temporal = await startTestTemporal();
  });
  afterEach(async () => {
    await house?.close();
    house = undefined;
    for (const worker of workers.splice(0)) worker.kill('SIGKILL');
  });
  after(async () => {
    await temporal.stop();
  });

  const startWorkerProcess = async (taskQueue: string, ...claim: readonly string[]): Promise<ChildProcess> => {
    const child = fork(workerProcess, [temporal.address, taskQueue, ...claim], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    workers.push(child);
    careForChild(child);
    await once(child, 'message');
    return child;
  };

  it('goes on in another process after a worker was killed between two steps', async () => {
    house = await openLoginHouse({ address: temporal.address });
    const login = newLogin();
    const moves = [newMove('authenticate', 'password'), newMove('consent', 'yes')];
    const first = await startWorkerProcess(house.taskQueue);
    assert.deepEqual(await house.client.advance(login, moves.slice(0, 1)), { kind: 'step', step: 'consent' });
    const gone = once(first, 'exit');
    first.kill('SIGKILL');
    await gone;
    await startWorkerProcess(house.taskQueue);
    assert.deepEqual(await house.client.advance(login, moves), { kind: 'committed', outcome: 'granted' });
  });

  it('answers the person who waits, without a reload, when the worker that had their move in hand was killed', async () => {
    house = await openLoginHouse({ address: temporal.address });
    const claim = join(temporal.dataDir, 'taken');
    const two = [await startWorkerProcess(house.taskQueue, claim), await startWorkerProcess(house.taskQueue, claim)];
    const taken = Promise.race(two.map((worker) => once(worker, 'message').then(() => worker)));
    const answer = house.client.advance(newLogin(), [newMove('authenticate', 'password')]);
    (await taken).kill('SIGKILL');
    assert.deepEqual(await answer, { kind: 'step', step: 'consent' });
  });

  it('ends by SIGTERM where the process does not catch it: the core listens to no signal', async () => {
    const child = await startWorkerProcess(`logins-${newLogin().interactionId}`);
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await gone, [null, 'SIGTERM']);
  });

  it('works again after Temporal was restarted, with the login it was in', async () => {
    house = await openLoginHouse({ address: temporal.address, activities: createFakePlatform() });
    const login = newLogin();
    const moves = [newMove('authenticate', 'password'), newMove('consent', 'yes')];
    await house.client.advance(login, moves.slice(0, 1));
    assert.equal(await house.client.healthy(), true);

    await temporal.halt();
    await assert.rejects(house.client.advance(login, moves), WorkflowsUnavailable);
    await assert.rejects(house.client.describe(login.interactionId), WorkflowsUnavailable);

    await temporal.resume();
    const answer = await untilItAnswers(() => house?.client.advance(login, moves));
    assert.deepEqual(answer, { kind: 'committed', outcome: 'granted' });
  });

  it('drains: a move that was taken is answered before the worker is gone', async () => {
    const platform = createFakePlatform();
    const begun = Promise.withResolvers<undefined>();
    const opened = await openLoginHouse({
      address: temporal.address,
      activities: {
        ...platform,
        establishPerson: async (login, move) => {
          begun.resolve(undefined);
          await new Promise((later) => setTimeout(later, 300));
          return await platform.establishPerson(login, move);
        },
      },
    });
    house = opened;
    const answer = opened.client.advance(newLogin(), [newMove('authenticate', 'password')]);
    await begun.promise;
    await opened.worker?.stop();
    assert.deepEqual(await answer, { kind: 'step', step: 'consent' });
  });
});

describe('LoginClient without Temporal', () => {
  it('starts, says that logins are unavailable, and is not healthy', async () => {
    const house = await openLoginHouse({ address: `127.0.0.1:${String(await freePort())}` });
    try {
      const attempt = house.client.advance(newLogin(), [newMove('authenticate', 'password')]);
      await assert.rejects(attempt, (error) => error instanceof WorkflowsUnavailable && error.retryAfterSeconds > 0);
      assert.equal(await house.client.healthy(), false);
    } finally {
      await house.close();
    }
  });

  it('gives up by itself when Temporal is there but no worker is', async () => {
    const temporal = await startTestTemporal();
    const house = await openLoginHouse({ address: temporal.address, timeoutMs: 1000 });
    try {
      const attempt = house.client.advance(newLogin(), [newMove('authenticate', 'password')]);
      await assert.rejects(attempt, WorkflowsUnavailable);
    } finally {
      await house.close();
      await temporal.stop();
    }
  });
});

/** As the web tier does: a person who reloads the page sends the same moves again. */
async function untilItAnswers<T>(attempt: () => Promise<T> | undefined): Promise<T | undefined> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof WorkflowsUnavailable)) throw error;
    }
  }
}
