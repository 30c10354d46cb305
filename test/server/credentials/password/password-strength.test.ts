import assert from 'node:assert/strict';
import { createStrengthMeter } from '../../../../server/credentials/password/password-strength.ts';
import { isPlatformError } from '../../../../server/kernel/errors.ts';
import { strengthOf } from '../../../support/passwords.ts';

describe('createStrengthMeter', () => {
  const scores: readonly (readonly [string, number])[] = [
    ['password', 0],
    ['aaaaaaaaaaaaaaaaaaaaaaaa', 0],
    ['P@ssw0rd123', 1],
    ['1234567890', 0],
    ['qwertyuiop', 0],
    ['correct horse battery staple', 4],
    ['v9#Lq!2xTz', 3],
  ];
  for (const [password, score] of scores)
    it(`gives ${password} ${String(score)} of 4`, async () => {
      assert.equal(await strengthOf(password, []), score);
    });

  it('knows the words of what is guessable, in any case and with a digit more', async () => {
    const guessable = ['Zenobia.Quillfeather@mail.example', 'Quillfeather & Sons'];
    for (const password of ['zenobia', 'QUILLFEATHER', 'Quillfeather9', 'zenobia.quillfeather@mail.example'])
      assert.ok((await strengthOf(password, guessable)) <= 1, password);
  });

  it('rates the beginning of what is longer: a part is no stronger than the whole', async () => {
    assert.equal(await strengthOf(`${'password'.repeat(6)}v9#Lq!2xTz`, []), 0);
    assert.equal(await strengthOf('v9#Lq!2xTz'.repeat(100), []), 4);
  });

  it('looks at so much of what is guessable, and no more', async () => {
    const many = Array.from({ length: 5000 }, (_, n) => `word${String(n)} ${'x'.repeat(5000)}`);
    assert.equal(await strengthOf('correct horse battery staple', many), 4);
  });

  it('rates beside the event loop, which goes on turning meanwhile', async () => {
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    const rated = strengthOf('4@$1(3!0'.repeat(6), []).finally(() => {
      isDone = true;
    });
    setImmediate(turn);
    await rated;
    // Rated here, the answer would be there after the first turns.
    assert.ok(turns > 20, String(turns));
  });

  it('tells whoever comes when too many wait to come back, and ends with its thread', async () => {
    const meter = createStrengthMeter({ waiting: 1 });
    const asked = await Promise.allSettled(['a', 'b', 'c', 'd'].map((password) => meter.strengthOf(password, [])));
    const refused = asked.filter((one) => one.status === 'rejected').map(({ reason }): unknown => reason);
    assert.ok(refused.length >= 2);
    for (const reason of refused) assert.ok(isPlatformError(reason, 'unavailable') && reason.retryAfterSeconds === 2);
    assert.equal(await meter.strengthOf('password', []), 0);
    await meter.close();
    await assert.rejects(meter.strengthOf('password', []), { code: 'unavailable' });
  });
});
