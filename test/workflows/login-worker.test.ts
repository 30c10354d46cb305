/** What a worker of logins leaves out of the SDK, and that the process around it stays as it was. */
import assert from 'node:assert/strict';
import v8 from 'node:v8';
import { Script } from 'node:vm';
import { createFakePlatform } from '../support/fake-platform.ts';
import { newLogin, newMove, openLoginHouse, type LoginHouse } from '../support/login-worker.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';

describe('LoginWorker', function () {
  this.timeout(120_000);
  let temporal: TestTemporal;
  let house: LoginHouse;
  const prepareStackTrace = Error.prepareStackTrace;
  const { createHook } = v8.promiseHooks;
  const { runInContext } = Script.prototype;
  /** How many promise hooks stand, and the limit that each call into a workflow had. */
  let hooks = 0;
  const limits: unknown[] = [];

  before(async () => {
    v8.promiseHooks.createHook = (callbacks) => {
      const stop: unknown = createHook(callbacks);
      hooks += 1;
      return () => {
        hooks -= 1;
        assert.ok(typeof stop === 'function');
        Reflect.apply(stop, undefined, []);
      };
    };
    temporal = await startTestTemporal();
    house = await openLoginHouse({ address: temporal.address, activities: createFakePlatform() });
    Script.prototype.runInContext = function (context, options) {
      limits.push(options?.timeout);
      const result: unknown = runInContext.call(this, context, options);
      return result;
    };
  });
  after(async () => {
    v8.promiseHooks.createHook = createHook;
    Script.prototype.runInContext = runInContext;
    await house.close();
    await temporal.stop();
  });

  it('runs a login without a thread that watches each call, and without a record of each promise', async () => {
    const login = newLogin();
    const moves = [newMove('authenticate', 'password'), newMove('consent', 'yes')];
    assert.deepEqual(await house.client.advance(login, moves.slice(0, 1)), { kind: 'step', step: 'consent' });
    assert.deepEqual(await house.client.advance(login, moves), { kind: 'committed', outcome: 'granted' });
    assert.ok(limits.length > 5, 'the calls are seen');
    assert.deepEqual([...new Set(limits)], [undefined]);
    assert.equal(hooks, 0);
  });

  it('leaves the errors of the process as they are', () => {
    assert.equal(Error.prepareStackTrace, prepareStackTrace);
    const error = new Error('ours');
    assert.match(error.stack ?? '', /login-worker\.test\.ts/);
  });
});
