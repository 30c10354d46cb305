/** A server that dies is started again, so often and no more. */
import assert from 'node:assert/strict';
import { TemporalUnavailable } from '../../workflows/errors.ts';
import { calmMs, keepRunning, mostCrashes } from '../../workflows/temporal-keeper.ts';
import type { TemporalProcess } from '../../workflows/temporal-process.ts';

describe('keepRunning', () => {
  /** Servers that a test lets die; each has its number as its pid. */
  const house = (options: { failing?: (life: number) => boolean } = {}) => {
    const lives: { die: (how: string) => void }[] = [];
    const crashes: string[] = [];
    const born = new Map<number, () => void>();
    const givenUp = Promise.withResolvers<TemporalUnavailable>();
    const start = (): Promise<TemporalProcess> => {
      const { promise: ended, resolve: die } = Promise.withResolvers<string>();
      lives.push({ die });
      const pid = lives.length;
      born.get(pid)?.();
      if (options.failing?.(pid) === true) return Promise.reject(new TemporalUnavailable('it did not start'));
      const stop = () => {
        die('SIGTERM');
        return Promise.resolve();
      };
      return Promise.resolve({ pid, ended, stop });
    };
    const watcher = { onCrash: (line: string) => void crashes.push(line), onGivenUp: givenUp.resolve };
    /** Resolves when the server has been started so often. */
    const life = (number: number): Promise<void> =>
      lives.length >= number ? Promise.resolve() : new Promise((resolve) => born.set(number, resolve));
    return { lives, crashes, start, watcher, life, givenUp: givenUp.promise };
  };

  it('starts it again, says so in one line with how it ended, and knows its new pid', async () => {
    const { lives, crashes, start, watcher, life } = house();
    const kept = keepRunning(await start(), start, watcher, { firstPauseMs: 1 });
    assert.equal(kept.pid, 1);
    lives[0]?.die('SIGKILL');
    await life(2);
    await new Promise(setImmediate);
    assert.equal(kept.pid, 2);
    assert.deepEqual(crashes, ['Temporal ended (SIGKILL) and is started again.']);
    await kept.stop();
    assert.equal(lives.length, 2);
  });

  it('gives up a server that dies again and again, in one sentence with how and what to do', async () => {
    const { lives, crashes, start, watcher, life, givenUp } = house();
    const kept = keepRunning(await start(), start, watcher, { firstPauseMs: 1 });
    for (let death = 1; death <= mostCrashes; death += 1) {
      await life(death);
      lives.at(-1)?.die(`exit code ${String(death)}`);
    }
    const { message } = await givenUp;
    assert.match(message, /^Temporal ended 5 times[^.]*\(exit code 5\)[^.]*temporal\.db[^.]*TEMPORAL_ADDRESS[^.]*\.$/);
    assert.equal(crashes.length, mostCrashes - 1);
    assert.equal(lives.length, mostCrashes);
    await kept.stop();
  });

  it('counts a start that fails as a crash: a port that somebody took does not have it try for ever', async () => {
    const { lives, start, watcher, givenUp } = house({ failing: (life) => life > 1 });
    const kept = keepRunning(await start(), start, watcher, { firstPauseMs: 1 });
    lives[0]?.die('SIGKILL');
    assert.match((await givenUp).message, /it did not start/);
    assert.equal(lives.length, mostCrashes);
    await kept.stop();
  });

  it('forgets the crashes of a server that served for a minute', async () => {
    const { lives, crashes, start, watcher, life } = house();
    let time = 0;
    const kept = keepRunning(await start(), start, watcher, { firstPauseMs: 1, now: () => time });
    for (let death = 1; death <= 2 * mostCrashes; death += 1) {
      await life(death);
      await new Promise(setImmediate);
      time += calmMs;
      lives.at(-1)?.die('SIGKILL');
    }
    await life(2 * mostCrashes + 1);
    assert.equal(crashes.length, 2 * mostCrashes);
    await kept.stop();
  });

  it('takes its own stop for no crash, also while it waits for the next start', async () => {
    const quiet = house();
    await keepRunning(await quiet.start(), quiet.start, quiet.watcher, { firstPauseMs: 1 }).stop();
    assert.deepEqual(quiet.crashes, []);
    assert.equal(quiet.lives.length, 1);

    const pausing = house();
    const kept = keepRunning(await pausing.start(), pausing.start, pausing.watcher, { firstPauseMs: 3_600_000 });
    pausing.lives[0]?.die('SIGKILL');
    await new Promise(setImmediate);
    await kept.stop();
    assert.equal(pausing.crashes.length, 1);
    assert.equal(pausing.lives.length, 1);
  });

  it('stops a server that is being started again', async () => {
    const { lives, watcher, life, start } = house();
    const starting = Promise.withResolvers<undefined>();
    const slow = (signal: AbortSignal): Promise<TemporalProcess> => {
      void start();
      starting.resolve(undefined);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new TemporalUnavailable('stopped'));
        });
      });
    };
    const kept = keepRunning(await start(), slow, watcher, { firstPauseMs: 1 });
    lives[0]?.die('SIGKILL');
    await life(2);
    await starting.promise;
    await kept.stop();
    assert.equal(lives.length, 2);
  });

  it('stops a server that begins to serve in the moment of the stop', async () => {
    const { lives, start, watcher, life } = house();
    const kept = keepRunning(await start(), start, watcher, { firstPauseMs: 1 });
    lives[0]?.die('SIGKILL');
    // Resolves inside of the start, before anybody has what it returns.
    await life(2);
    await kept.stop();
    assert.equal(kept.pid, 2);
  });
});
