/** What guesses are counted under. */
import assert from 'node:assert/strict';
import { guessKeys } from '../../../server/interactions/throttle.ts';

describe('guessKeys', () => {
  it('has one person under one key whatever they are called, and each name under its own', () => {
    const [mail, uid] = ['ada@example.com', 'ada'].map((typed) => guessKeys('pwd', 'pool', 'an id', typed));
    assert.equal(mail?.person.key, uid?.person.key);
    assert.notEqual(mail?.typed.key, uid?.typed.key);
    assert.notEqual(mail?.person.key, guessKeys('otp', 'pool', 'an id', 'ada').person.key);
  });

  it('tells by nothing that is said aloud whether there is anybody', () => {
    assert.deepEqual(guessKeys('pwd', 'pool', 'an id', 'ada').typed, guessKeys('pwd', 'pool', undefined, 'ada').typed);
    assert.doesNotMatch(JSON.stringify(guessKeys('pwd', 'pool', undefined, 'eve@example.com')), /eve/);
  });

  it('counts a browser of theirs apart', () => {
    const [here, there] = [guessKeys('pwd', 'p', 'id', 'ada'), guessKeys('pwd', 'p', 'id', 'ada', 'device')];
    assert.notEqual(here.typed.key, there.typed.key);
    assert.notEqual(here.person.key, there.person.key);
  });
});
