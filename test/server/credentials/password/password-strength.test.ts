import assert from 'node:assert/strict';
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
});
