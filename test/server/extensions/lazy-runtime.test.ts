import assert from 'node:assert/strict';
import type { ScriptsRuntime } from '../../../scripts-runtime/index.ts';
import { createLazyRuntime } from '../../../server/extensions/lazy-runtime.ts';
import { classicSource, compileByFirstLine } from '../../support/script-compile.ts';

describe('the lazy runtime', () => {
  const request = { tenant: 't', source: classicSource, point: 'post_authn_ctx' } as const;
  const setUp = (failing = 0) => {
    const seen = { starts: 0, stops: 0, failures: 0 };
    const runtime: ScriptsRuntime = {
      compile: compileByFirstLine,
      run: () => Promise.resolve({ kind: 'busy', message: 'never' }),
      stop: () => {
        seen.stops += 1;
        return Promise.resolve();
      },
    };
    const start = (): Promise<ScriptsRuntime> => {
      seen.starts += 1;
      return seen.starts <= failing ? Promise.reject(new Error('no namespaces')) : Promise.resolve(runtime);
    };
    const lazy = createLazyRuntime({
      start,
      onFailure: () => {
        seen.failures += 1;
      },
    });
    return { lazy, seen };
  };

  it('starts nothing until a script needs it, and then once', async () => {
    const { lazy, seen } = setUp();
    assert.equal(seen.starts, 0);
    const both = await Promise.all([lazy.compile(request), lazy.compile(request)]);
    assert.deepEqual(
      both.map(({ kind }) => kind),
      ['ok', 'ok'],
    );
    await lazy.stop();
    assert.deepEqual(seen, { starts: 1, stops: 1, failures: 0 });
  });

  it('stops without having started, and starts no more', async () => {
    const { lazy, seen } = setUp();
    await lazy.stop();
    assert.equal((await lazy.compile(request)).kind, 'busy');
    assert.equal(seen.starts, 0);
  });

  it('says that it could not start, and tries again with the next script', async () => {
    const { lazy, seen } = setUp(1);
    assert.equal((await lazy.compile(request)).kind, 'busy');
    assert.equal(seen.failures, 1);
    assert.equal((await lazy.compile(request)).kind, 'ok');
    await lazy.stop();
  });
});
