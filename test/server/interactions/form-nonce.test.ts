/** Form nonces: bound to step and interaction, unforgeable. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createFormNonces, formOf, updateIdOf } from '../../../server/interactions/form-nonce.ts';
import { interactionId } from '../../../server/kernel/ids.ts';

describe('createFormNonces', () => {
  const nonces = createFormNonces(randomBytes(32));
  const mine = interactionId('mine');

  it('takes its own nonce for its step, and differs with each rendering', () => {
    const [one, two] = [nonces.issue(mine, 'consent'), nonces.issue(mine, 'consent')];
    assert.notEqual(one, two);
    assert.equal(nonces.verify(one, mine, 'consent'), true);
    assert.equal(nonces.verify(two, mine, 'consent'), true);
  });

  it('refuses the nonce of another step and of another interaction', () => {
    const nonce = nonces.issue(mine, 'authenticate');
    assert.equal(nonces.verify(nonce, mine, 'consent'), false);
    assert.equal(nonces.verify(nonce, interactionId('other'), 'authenticate'), false);
  });

  it('refuses what another key made, what was changed, and what is no nonce', () => {
    const nonce = nonces.issue(mine, 'consent');
    const foreign = createFormNonces(randomBytes(32)).issue(mine, 'consent');
    const [random = '', tag = ''] = nonce.split('.');
    for (const bad of [
      foreign,
      `x${nonce}`,
      `${random}.`,
      `.${tag}`,
      `${nonce}.`,
      `${nonce}.${tag}`,
      '',
      '.',
      'a'.repeat(5000),
    ]) {
      assert.equal(nonces.verify(bad, mine, 'consent'), false, bad);
    }
  });
});

describe('updateIdOf', () => {
  it('is the same for the same nonce, and tells nothing of it', () => {
    assert.equal(updateIdOf('n.1'), updateIdOf('n.1'));
    assert.notEqual(updateIdOf('n.1'), updateIdOf('n.2'));
    assert.equal(updateIdOf('nonce').includes('nonce'), false);
  });
});

describe('formOf', () => {
  const [ada, bob] = [{ subject: 'sub-of-ada' }, { subject: 'sub-of-bob' }];

  it('tells the forms of two people and of two steps apart', () => {
    assert.equal(new Set([formOf('consent', ada), formOf('consent', bob), formOf('terms', ada)]).size, 3);
  });

  it('lets anybody sign in, whoever was known before', () => {
    assert.equal(formOf('authenticate', ada), formOf('authenticate', undefined));
  });
});
