/** What is said while something takes its time. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { createProgress } from '../../server/progress.ts';

describe('Progress', () => {
  const lines: string[] = [];
  const progress = createProgress((line) => lines.push(line));
  beforeEach(() => {
    lines.length = 0;
  });

  it('says nothing of what is done at once, and answers what it answered', async () => {
    assert.equal(await progress.during('counting', () => Promise.resolve(7)), 7);
    await delay(1100);
    assert.deepEqual(lines, []);
  });

  it('says what is waited for, and that it is done', async () => {
    await progress.during('thinking', () => delay(1200));
    assert.equal(lines[0], '… thinking');
    assert.match(lines[1] ?? '', /^✓ thinking \(\d+ s\)$/);
  });

  it('claims no success of what failed, and falls silent', async () => {
    const failing = progress.during('failing', async () => {
      await delay(1100);
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    assert.deepEqual(lines, ['… failing']);
  });
});
