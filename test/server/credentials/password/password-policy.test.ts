/** What a pool asks of a new password, rule by rule. */
import assert from 'node:assert/strict';
import {
  createPolicyCheck,
  rulesOf,
  type Checked,
  type PasswordPolicy,
} from '../../../../server/credentials/password/password-policy.ts';
import { isPlatformError } from '../../../../server/kernel/errors.ts';
import { poolSettingsSchema } from '../../../../server/pools/pool.ts';
import { cheapHasher, ownHash, strengthOf } from '../../../support/passwords.ts';

const anything = { min_length: 1, strength: 'any' };
const policyOf = (members: object): PasswordPolicy =>
  poolSettingsSchema.parse({ password_policy: { ...anything, ...members } }).password_policy;

describe('createPolicyCheck', () => {
  const { hasher, calls } = cheapHasher();
  const check = createPolicyCheck({ hasher, strengthOf });
  const failedBy = async (policy: object, password: string, more: Partial<Checked> = {}) => {
    try {
      const checked = { policy: policyOf(policy), password, guessable: [], used: [], pointer: '/password' };
      await check.demand({ ...checked, ...more });
      return [];
    } catch (error) {
      assert.ok(isPlatformError(error, 'unprocessable_entity'), String(error));
      const details = error.details as readonly { pointer: string; message: string; rule: string }[];
      for (const { pointer, message } of details) assert.ok(pointer === '/password' && message.length > 10);
      return details.map(({ rule }) => rule);
    }
  };

  const cases: readonly (readonly [object, string, readonly string[]])[] = [
    [{ min_length: 8 }, '1234567', ['min_length']],
    [{ min_length: 8 }, '12345678', []],
    // Characters, not UTF-16 units and not bytes.
    [{ min_length: 5 }, '🦄🦄🦄🦄', ['min_length']],
    [{ min_length: 4 }, '🦄🦄🦄🦄', []],
    [{ min_length: 3 }, 'ZoëZ', []],
    [{ capital_letters: 2 }, 'Ab', ['capital_letters']],
    [{ capital_letters: 2 }, 'ÄbΩ', []],
    [{ lowercase_letters: 2 }, 'ABc', ['lowercase_letters']],
    [{ lowercase_letters: 2 }, 'ßя', []],
    [{ digits: 2 }, 'one1', ['digits']],
    [{ digits: 2 }, '1٣', []],
    [{ special_characters: 2 }, 'ab!', ['special_characters']],
    [{ special_characters: 3 }, 'a b!€', []],
    // Neither a letter of another script, nor what is written above one, nor what nobody sees.
    [{ special_characters: 1 }, 'пароль密码', ['special_characters']],
    [{ special_characters: 1 }, 'e\u0301', ['special_characters']],
    [{ special_characters: 1 }, 'a\u200b\u0000', ['special_characters']],
    [{ capital_letters: 1, digits: 1, min_length: 9 }, 'short', ['min_length', 'capital_letters', 'digits']],
    [{ strength: 'fair' }, 'password1', ['strength']],
    [{ strength: 'weak' }, 'password', ['strength']],
    [{ strength: 'any' }, 'password', []],
    [{ strength: 'very_strong' }, 'correct horse battery staple', []],
    [{}, 'x'.repeat(1025), ['max_length']],
    [{}, 'ü'.repeat(513), ['max_length']],
    [{}, 'ü'.repeat(512), []],
  ];
  for (const [policy, password, failed] of cases) {
    const name = password.length > 40 ? `${String(password.length)} times ${password.slice(0, 1)}` : password;
    it(`says of ${JSON.stringify(name)} under ${JSON.stringify(policy)}: ${failed.join(', ') || 'good'}`, async () => {
      assert.deepEqual(await failedBy(policy, password), failed);
    });
  }

  it('never repeats the password in what it says', async () => {
    const checked = { policy: policyOf({ digits: 9 }), password: 'planted-password', guessable: [], used: [] };
    await assert.rejects(check.demand({ ...checked, pointer: '/new_password' }), (error) => {
      assert.ok(isPlatformError(error, 'unprocessable_entity'));
      assert.doesNotMatch(JSON.stringify([error.message, error.details]), /planted/);
      assert.match(JSON.stringify(error.details), /"pointer":"\/new_password"/);
      return true;
    });
  });

  it('takes what a stranger may know of the person for guessable', async () => {
    const guessable = ['zenobia.quillfeather@example.com', 'Quillfeather'];
    assert.deepEqual(await failedBy({ strength: 'strong' }, 'zenobia.quillfeather'), []);
    assert.deepEqual(await failedBy({ strength: 'strong' }, 'zenobia.quillfeather', { guessable }), ['strength']);
    assert.deepEqual(await failedBy({ strength: 'strong' }, 'Quillfeather1', { guessable }), ['strength']);
  });

  const used = ['now', 'before', 'long before', 'longer before'].map((one) => ({ hash: ownHash + one }));

  it('refuses the present password and as many before it as the pool says', async () => {
    const policy = { not_used_since: 2 };
    for (const one of ['now', 'before', 'long before'])
      assert.deepEqual(await failedBy(policy, one, { used }), ['not_used_since'], one);
    assert.deepEqual(await failedBy(policy, 'longer before', { used }), []);
    assert.deepEqual(await failedBy({ not_used_since: 0 }, 'now', { used }), []);
  });

  it('refuses the present password where a change is due, whatever the pool says', async () => {
    assert.deepEqual(await failedBy({}, 'now', { used, isChange: true }), ['not_used_since']);
    assert.deepEqual(await failedBy({}, 'before', { used, isChange: true }), []);
  });

  it('compares only what meets every other rule: each comparison costs as much as a login', async () => {
    calls.length = 0;
    assert.deepEqual(await failedBy({ not_used_since: 24, digits: 1 }, 'now', { used }), ['digits']);
    assert.deepEqual(calls, []);
    await failedBy({ not_used_since: 24 }, 'another', { used });
    assert.deepEqual(calls, ['verify', 'verify', 'verify', 'verify']);
  });
});

describe('rulesOf', () => {
  it('names what is asked for, and nothing else, so that a page can count as the server does', () => {
    assert.deepEqual(rulesOf(policyOf({ strength: 'any' })), [
      { rule: 'min_length', least: 1, character: String.raw`[\s\S]` },
    ]);
    const policy = policyOf({ min_length: 8, digits: 2, strength: 'fair', not_used_since: 3 });
    const rules = rulesOf(policy);
    assert.deepEqual(
      rules.map(({ rule, least }) => [rule, least]),
      [
        ['min_length', 8],
        ['digits', 2],
        ['strength', 'fair'],
        ['not_used_since', 3],
      ],
    );
    assert.deepEqual(JSON.parse(JSON.stringify(rules)), rules);
    for (const rule of rules) if ('character' in rule) assert.ok(new RegExp(rule.character, 'gu').test('1'));
  });
});
