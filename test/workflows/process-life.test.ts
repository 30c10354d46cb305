/** Whether a process lives: what its pid alone does not say. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { lifeOf, stillLives } from '../../workflows/process-life.ts';
import { uncollected } from '../support/uncollected.ts';

describe('lifeOf', () => {
  it('stays the same for one that lives', async () => {
    const life = await lifeOf(process.pid);
    assert.ok(life);
    assert.equal(await lifeOf(process.pid), life);
    assert.equal(await stillLives(process.pid, life), true);
    assert.equal(await stillLives(process.pid, undefined), true, 'nobody looked before');
  });

  it('knows another process by the same pid', async () => {
    assert.equal(await stillLives(process.pid, `not ${String(await lifeOf(process.pid))}`), false);
  });

  it('is none of one that ended', async () => {
    const child = spawn('true');
    const { pid = 0 } = child;
    await once(child, 'exit');
    assert.equal(await lifeOf(pid), undefined);
  });

  it('is none of one that is dead and was not collected', async () => {
    const dead = await uncollected();
    try {
      assert.equal(await lifeOf(dead.pid), undefined);
      assert.doesNotThrow(() => process.kill(dead.pid, 0), 'its pid is still taken');
      assert.equal(await stillLives(dead.pid, undefined), false);
    } finally {
      dead.collect();
    }
  });
});
