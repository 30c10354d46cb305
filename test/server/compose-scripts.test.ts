/** Scripts as the composition root has them: logins in processes of their own, and logins that are over in others. */
import assert from 'node:assert/strict';
import type { RunRequest, RunResult, ScriptsRuntimeOptions } from '../../scripts-runtime/index.ts';
import { composeScripts } from '../../server/compose-scripts.ts';
import { recordingLog } from '../support/recording-log.ts';

describe('composeScripts', () => {
  const busy = (message: string): RunResult => ({ kind: 'busy', message });
  function compose(children: number) {
    const started: ScriptsRuntimeOptions[] = [];
    const { log } = recordingLog();
    const parts = composeScripts({ scripts: { isolation: 'none', children }, outgoingAllow: [] }, log, (options) => {
      const name = `runtime ${String(started.push(options))}`;
      return Promise.resolve({
        compile: () => Promise.reject(new Error('nothing is compiled')),
        run: () => Promise.resolve(busy(name)),
        stop: () => Promise.resolve(),
      });
    });
    return { parts, started };
  }
  const request = {} as RunRequest;

  it('starts nothing before a script needs it, and lets no replay into the processes of logins', async () => {
    const { parts, started } = compose(6);
    assert.equal(started.length, 0);
    assert.deepEqual(await parts.rehearsalRuntime.run(request), busy('runtime 1'));
    assert.deepEqual(await parts.scriptsRuntime.run(request), busy('runtime 2'));
    assert.deepEqual(await parts.rehearsalRuntime.run(request), busy('runtime 1'));
    assert.deepEqual(
      started.map(({ children, isolation }) => [children, isolation]),
      [
        [3, 'none'],
        [6, 'none'],
      ],
    );
  });

  it('gives replays no more processes than logins have', async () => {
    const { parts, started } = compose(2);
    await parts.rehearsalRuntime.run(request);
    assert.deepEqual(started[0]?.children, 2);
  });
});
