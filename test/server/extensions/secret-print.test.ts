/** Prints of secrets: the same for the same secret of one run, and good for nothing else. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { changedSecrets, secretPrints, unitedPrints } from '../../../server/extensions/secret-print.ts';

describe('prints of secrets', () => {
  const tape = { seed: 'a'.repeat(64) };
  const of = (...secrets: readonly (readonly [string, string])[]) => secretPrints(tape, new Map(secrets));

  it('are the same for a secret that is the same, and others for one that was changed, renamed or taken away', () => {
    const then = of(['A', '1234'], ['B', '1234']);
    assert.deepEqual(changedSecrets(then, of(['B', '1234'], ['A', '1234'])), []);
    assert.deepEqual(changedSecrets(then, of(['A', '1234'], ['B', '1235'])), ['B']);
    assert.deepEqual(changedSecrets(then, of(['B', '1234'], ['C', '1234'])), ['A']);
    assert.deepEqual(changedSecrets(then, []), ['A', 'B']);
    assert.notEqual(then[0]?.print, then[1]?.print, 'two secrets of one value do not look like one');
  });

  it('are of one run: another one has another print of the same secret', () => {
    const [here] = of(['A', '1234']);
    const [there] = secretPrints({ seed: 'b'.repeat(64) }, new Map([['A', '1234']]));
    assert.notEqual(here?.print, there?.print);
  });

  it('cannot be made without the seed, by who guesses the secret', () => {
    const [{ print } = { print: '' }] = of(['A', '1234']);
    const guess = JSON.stringify(['A', '1234']);
    const tries = [
      createHash('sha256').update(guess).digest('base64url'),
      createHash('sha256').update('1234').digest('base64url'),
      ...['', 'prints of secrets', 'A'].map((key) => createHmac('sha256', key).update(guess).digest('base64url')),
    ];
    assert.equal(tries.includes(print), false);
  });

  it('of a login that waited are those of all its slices, each once', () => {
    const [first, second] = [of(['A', '1234']), of(['A', '1235'])];
    assert.deepEqual(unitedPrints(first, first), first);
    const both = unitedPrints(first, second);
    assert.equal(both.length, 2);
    assert.deepEqual(changedSecrets(both, second), ['A']);
  });
});
