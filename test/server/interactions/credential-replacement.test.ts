/** One in the place of another, and the proof of its person: both or neither. */
import assert from 'node:assert/strict';
import type { CredentialKind } from '../../../server/credentials/credential-kind.ts';
import type { CredentialSetting, SetInstead } from '../../../server/credentials/credential-setting.ts';
import { createCredentialReplacement, type KeptIn } from '../../../server/interactions/credential-replacement.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { tenantId, userId } from '../../../server/kernel/ids.ts';
import { poolOf } from '../../support/seeded.ts';

const pool = poolOf(tenantId('acme'));
const replacing = {
  ...{ pool, mechanism: 'phrase', userId: userId('ada'), mark: 'old', identifier: 'ada@example.com', nonce: 'n' },
};
const tooShort = { field: 'new_phrase', text: 'too_short' };

describe('createCredentialReplacement', () => {
  let written: string[] = [];
  let fails: Error | undefined;
  let prepared: SetInstead[] = [];
  const stores: KeptIn = { proofs: { insertOnce: () => assert.fail() } };
  /** All or nothing. */
  const unitOfWork = {
    async run<T>(work: (inside: KeptIn) => Promise<T>): Promise<T> {
      const before = [...written];
      try {
        return await work(stores);
      } catch (error) {
        written = before;
        throw error;
      }
    },
  };
  const setting: CredentialSetting<KeptIn> = {
    ...{ manner: 'typed', isForNewcomers: false, replaces: true, faults: [] },
    show: () => Promise.resolve({}),
    isGiven: () => true,
    read: ({ new_phrase: phrase = '' }, page) =>
      Promise.resolve(
        phrase.length < 4
          ? { kind: 'refused', fault: tooShort }
          : {
              kind: 'given',
              prepare(at, instead) {
                assert.deepEqual([at.id, page.nonce, page.name], ['ada', 'n', 'ada@example.com']);
                prepared.push(instead);
                return Promise.resolve(() => {
                  written.push(phrase);
                  return fails === undefined ? Promise.resolve(`mark of ${phrase}`) : Promise.reject(fails);
                });
              },
              faultIn: (error) => (error instanceof RangeError ? tooShort : undefined),
            },
      ),
  };
  const kind: CredentialKind<KeptIn> = {
    ...{ mechanism: 'phrase', amr: 'kba', isGoodOnce: false, wrong: tooShort, setting },
    faultOf: () => undefined,
    verify: () => Promise.resolve({ kind: 'wrong' }),
  };
  const replace = createCredentialReplacement({ kinds: [kind], unitOfWork });
  const kept: string[] = [];
  const keep = (_stores: KeptIn, mark: string) => {
    kept.push(mark);
    return Promise.resolve();
  };
  const attempt = (phrase = 'good words', at: Partial<typeof replacing> = {}) =>
    replace({ ...replacing, ...at }, { new_phrase: phrase }, keep);

  beforeEach(() => {
    [written, prepared, fails] = [[], [], undefined];
    kept.splice(0);
  });

  it('writes it in the place of the one that was proven, and keeps the proof with its mark', async () => {
    assert.deepEqual(await attempt(), { kind: 'replaced' });
    assert.deepEqual([written, kept], [['good words'], ['mark of good words']]);
    assert.deepEqual(prepared, [{ kind: 'proven', mark: 'old' }]);
  });

  it('writes nothing where the proof is not kept', async () => {
    const lost = replace(replacing, { new_phrase: 'good words' }, () => Promise.reject(new TypeError('not kept')));
    await assert.rejects(lost, TypeError);
    assert.deepEqual(written, []);
  });

  it('tells of what was given what its kind does, and of anything else that it is another one by now', async () => {
    assert.deepEqual(await attempt('x'), { kind: 'refused', fault: tooShort });
    assert.deepEqual(prepared, []);
    fails = new RangeError('short');
    assert.deepEqual(await attempt(), { kind: 'refused', fault: tooShort });
    fails = new PlatformError('conflict', 'another one by now');
    assert.deepEqual(await attempt(), { kind: 'changed' });
    fails = new PlatformError('unavailable', 'busy');
    await assert.rejects(attempt(), /busy/);
    assert.deepEqual([written, kept], [[], []]);
  });

  it('replaces nothing of a kind that has no page for it, or that is none', async () => {
    const never = { ...kind, setting: { ...setting, replaces: false } };
    const { setting: _, ...without } = kind;
    for (const kinds of [[never], [without], []]) {
      const none = createCredentialReplacement({ kinds, unitOfWork });
      assert.deepEqual(await none(replacing, { new_phrase: 'good words' }, keep), { kind: 'changed' });
    }
    assert.deepEqual([written, kept, prepared], [[], [], []]);
  });
});
