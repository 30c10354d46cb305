import assert from 'node:assert/strict';
import {
  identifierFault,
  identifierForms,
  identifierPrefixes,
  identifierTypeOf,
  normalizeIdentifier,
  typedForm,
  type IdentifierType,
} from '../../../server/users/identifier.ts';

const [strict, folding] = [{ caseInsensitive: false }, { caseInsensitive: true }];

describe('normalizeIdentifier', () => {
  it('has no case in an e-mail address, whatever the pool says of names', () => {
    assert.equal(normalizeIdentifier('email', ' Ada@Example.com ', strict), 'ada@example.com');
    assert.equal(normalizeIdentifier('uid', 'Ada', strict), 'Ada');
    assert.equal(normalizeIdentifier('uid', 'Ada', folding), 'ada');
  });

  it('is one for what reads the same (NFKC): two people cannot be called alike in two scripts of one letter', () => {
    for (const type of ['uid', 'external'] as const) {
      assert.equal(normalizeIdentifier(type, 'Ａｄａ', strict), 'Ada');
      assert.equal(normalizeIdentifier(type, 'Zoe\u0308', strict), 'Zo\u00eb');
    }
    assert.ok(identifierForms('Ａｄａ', strict).includes('Ada'));
  });

  it('takes digits for a phone only where they are said to be one', () => {
    assert.equal(normalizeIdentifier('external', '2023-0001', strict), '2023-0001');
    assert.equal(normalizeIdentifier('external', '20230001', strict), '20230001');
    assert.equal(normalizeIdentifier('mobile', '44 (20) 7946-0958', strict), '+442079460958');
  });
});

describe('identifierForms', () => {
  it('hold the stored form of each type that a text may be of, in every spelling of it', () => {
    const cases: readonly (readonly [IdentifierType, string, readonly string[]])[] = [
      ['email', 'Ada@Example.com', ['Ada@Example.com', 'ada@example.com', 'ADA@EXAMPLE.COM']],
      ['mobile', '+44 20 7946 0958', ['+44 20 7946 0958', '+442079460958', '442079460958']],
      ['external', '2023-0001', ['2023-0001']],
      ['uid', '20231234', ['20231234', ' 20231234 ']],
    ];
    for (const rule of [strict, folding])
      for (const [type, value, spellings] of cases)
        for (const typed of spellings) {
          const stored = normalizeIdentifier(type, value, rule);
          assert.ok(identifierForms(typed, rule).includes(stored), `${typed} finds ${stored}`);
        }
  });

  it('put whoever is called just so before whose phone it is', () => {
    assert.deepEqual(identifierForms('20231234', strict), ['20231234', '+20231234']);
  });
});

describe('typedForm', () => {
  it('is one for all spellings of an address or a phone, so that no spelling has tries of its own', () => {
    const one = (spellings: readonly string[]) => new Set(spellings.map((text) => typedForm(text, strict))).size;
    assert.equal(one(['ada@example.com', 'ADA@example.com', ' aDa@Example.com']), 1);
    assert.equal(one(['+44 20 7946 0958', '442079460958', '(44) 20-7946-0958'.replace('(44)', '44')]), 1);
  });
});

describe('identifierTypeOf', () => {
  it('takes digits without a country for a name', () => {
    assert.deepEqual(['20231234', '+44 20 7946 0958', 'a@b', 'ada'].map(identifierTypeOf), [
      'uid',
      'mobile',
      'email',
      'uid',
    ]);
  });
});

describe('identifierFault', () => {
  it('refuses what is not of its type', () => {
    const wrong: readonly (readonly [IdentifierType, string])[] = [
      ['email', 'foo'],
      ['email', 'a@b@c'],
      ['mobile', 'call me'],
      ['mobile', '+12'],
      ['mobile', 'abc442079460958'],
      ['uid', ' '],
      ['uid', 'x'.repeat(321)],
    ];
    for (const [type, text] of wrong) assert.notEqual(identifierFault(type, text), undefined, `${type} ${text}`);
    const right: readonly (readonly [IdentifierType, string])[] = [
      ['email', 'Ada@Example.com'],
      ['mobile', '+44 20 7946 0958'],
      ['mobile', '442079460958'],
      ['uid', '2023'],
      ['external', 'a@b@c'],
    ];
    for (const [type, text] of right) assert.equal(identifierFault(type, text), undefined, `${type} ${text}`);
  });
});

describe('identifierPrefixes', () => {
  it('begin each form that a name may be stored in', () => {
    assert.deepEqual(identifierPrefixes('2023', strict), ['2023', '+2023']);
    assert.deepEqual(identifierPrefixes('+44 20', folding), ['+44 20', '+4420']);
    assert.deepEqual(identifierPrefixes('Ada', strict), ['Ada', 'ada']);
  });
});
