/** The memory of a child, read after each of its runs: of the process that runs scripts, and through one open file. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { residentOf } from '../../scripts-runtime/resident.ts';

describe('residentOf', () => {
  let around: ChildProcess;
  let inner: number;

  beforeEach(async () => {
    // The shell waits for what it started, as the processes around a child do.
    around = spawn('/bin/sh', ['-c', 'cat; :'], { stdio: ['pipe', 'pipe', 'ignore'] });
    around.stdin?.write('there\n');
    await once(around.stdout ?? assert.fail(), 'data');
    inner = Number(readFileSync(`/proc/${String(around.pid)}/task/${String(around.pid)}/children`, 'utf8'));
  });
  afterEach(async () => {
    if (around.exitCode !== null) return;
    around.stdin?.end();
    await once(around, 'close');
  });

  const openFiles = (): readonly string[] =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)].filter((path) => path === `/proc/${String(inner)}/status`);
      } catch {
        return [];
      }
    });

  it('says what the innermost process has, as often as it is asked, and opens one file for it', async () => {
    const resident = residentOf(around.pid);
    const said = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(inner)}/status`, 'utf8'))?.[1];
    for (let n = 0; n < 3; n += 1) assert.equal(await resident.mb(), Number(said) / 1024);
    assert.equal(openFiles().length, 1);
    resident.close();
  });

  it('keeps no file of a process that has ended, and says nothing of it', async () => {
    const resident = residentOf(around.pid);
    await resident.mb();
    around.stdin?.end();
    await once(around, 'close');
    assert.equal(await resident.mb(), undefined, 'nobody is there');
    resident.close();
    while (openFiles().length > 0) await new Promise(setImmediate);
    assert.equal(await resident.mb(), undefined);
  });

  it('says nothing of what never was', async () => {
    const resident = residentOf(undefined);
    assert.equal(await resident.mb(), undefined);
    resident.close();
  });
});
