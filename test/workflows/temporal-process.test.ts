/** A server that ends before it serves: what is told of it, and whether it ended by itself. */
import assert from 'node:assert/strict';
import { TemporalUnavailable } from '../../workflows/errors.ts';
import { startProcess, type ProcessStart } from '../../workflows/temporal-process.ts';
import { freePort } from '../support/free-port.ts';
import { isRunning } from '../support/own-process.ts';

describe('startProcess', () => {
  /** Starts a program of Node in the server's place. */
  const startInstead = async (
    program: string,
    { command = process.execPath, onSpawned = () => Promise.resolve(), signal }: Partial<ProcessStart> = {},
  ) => {
    const address = `127.0.0.1:${String(await freePort())}`;
    return startProcess({ command, args: ['-e', program], address, namespace: 'default', onSpawned, signal });
  };

  it('tells the end of its output, be it all that says why', async () => {
    const program = "console.log('one\\ntwo\\nthree\\nport 40000 is taken'); process.exitCode = 1;";
    await assert.rejects(startInstead(program), (error) => {
      assert.ok(error instanceof TemporalUnavailable && error.endedEarly);
      return error.message.endsWith('exit code 1: two three port 40000 is taken');
    });
  });

  it('tells the ends of both where it complained as well', async () => {
    const program = "console.log('starting'); console.error('no space left'); process.exitCode = 1;";
    await assert.rejects(startInstead(program), /: exit code 1: no space left starting$/);
  });

  it('is no end of its own when it was asked to stop while it started', async () => {
    const stopping = new AbortController();
    let pid = 0;
    const onSpawned = (started: number) => {
      pid = started;
      stopping.abort();
      // It may be gone before anybody looks whether it serves.
      process.kill(started, 'SIGTERM');
      return Promise.resolve();
    };
    const attempt = startInstead('setInterval(() => undefined, 1000)', { onSpawned, signal: stopping.signal });
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof TemporalUnavailable);
      return !error.endedEarly;
    });
    assert.equal(await isRunning(pid), false);
  });

  it('is no end of its own when there is no such command', async () => {
    await assert.rejects(startInstead('', { command: '/nowhere/temporal' }), (error) => {
      assert.ok(error instanceof TemporalUnavailable);
      return !error.endedEarly && error.message.includes('ENOENT');
    });
  });
});
