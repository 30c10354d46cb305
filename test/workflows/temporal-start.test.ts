/** A first start that fails by chance is tried again; what cannot go well is said at once. */
import assert from 'node:assert/strict';
import { TemporalUnavailable } from '../../workflows/errors.ts';
import type { TemporalProcess } from '../../workflows/temporal-process.ts';
import { mostStarts, startPatiently } from '../../workflows/temporal-start.ts';

describe('startPatiently', () => {
  const server: TemporalProcess = { pid: 1, ended: new Promise(() => undefined), stop: () => Promise.resolve() };

  const endedEarly = (message: string) => new TemporalUnavailable(message, { endedEarly: true });

  /** @param failures what each start throws, in order; the one after them serves */
  const trial = (failures: readonly Error[], mayStart = () => Promise.resolve()) => {
    const lines: string[] = [];
    let starts = 0;
    const start = () => {
      const failure = failures[starts];
      starts += 1;
      return failure === undefined ? Promise.resolve(server) : Promise.reject(failure);
    };
    const outcome = startPatiently(start, { mayStart, onProgress: (line) => void lines.push(line), pauseMs: 1 });
    return { outcome, lines, starts: () => starts };
  };

  it('starts a server again that ended before it served, and says why in one line', async () => {
    const { outcome, lines, starts } = trial([endedEarly('Temporal did not start: exit code 1')]);
    assert.equal(await outcome, server);
    assert.equal(starts(), 2);
    assert.deepEqual(lines, ['Temporal did not start: exit code 1; it is started again.']);
  });

  it('throws what the last of three starts throws', async () => {
    const failures = [1, 2, 3, 4].map((n) => endedEarly(`exit code ${String(n)}`));
    const { outcome, lines, starts } = trial(failures);
    await assert.rejects(outcome, { message: 'exit code 3' });
    assert.equal(starts(), mostStarts);
    assert.equal(lines.length, mostStarts - 1);
  });

  it('does not try again what did not end by itself: a stop that was asked, a command that is not there', async () => {
    const { outcome, lines, starts } = trial([new TemporalUnavailable('stopped')]);
    await assert.rejects(outcome, { message: 'stopped' });
    assert.equal(starts(), 1);
    assert.deepEqual(lines, []);
  });

  it('fails at once with the sentence of a port that is taken since', async () => {
    const taken = new TemporalUnavailable('Port 7233 is taken');
    const { outcome, lines, starts } = trial([endedEarly('exit code 1')], () => Promise.reject(taken));
    await assert.rejects(outcome, taken);
    assert.equal(starts(), 1);
    assert.deepEqual(lines, []);
  });
});
