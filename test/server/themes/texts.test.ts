import assert from 'node:assert/strict';
import { join } from 'node:path';
import { credentialKinds } from '../../../server/compose-kinds.ts';
import { inspectTemplates } from '../../../server/themes/template-rules.ts';
import { loadTemplateSources } from '../../../server/themes/templates.ts';
import { textGroupsOf } from '../../../server/themes/text-groups.ts';
import { fill, findMismatches, loadTexts, withTexts } from '../../../server/themes/texts.ts';
import type { Texts } from '../../../server/themes/texts.ts';

const base = join(import.meta.dirname, '../../../templates/default');

describe('the texts', () => {
  const locales = loadTexts(join(base, 'texts'));

  it('have the same keys in English and Portuguese', () => {
    assert.deepEqual([...locales.keys()], ['en', 'pt']);
    assert.deepEqual(
      [...(locales.get('en') ?? new Map()).keys()].sort(),
      [...(locales.get('pt') ?? new Map()).keys()].sort(),
    );
    assert.deepEqual(findMismatches(locales), []);
  });

  it('are all shown somewhere', () => {
    const english: Texts = locales.get('en') ?? new Map<string, string>();
    const { usedTexts } = inspectTemplates(loadTemplateSources(base), english, textGroupsOf(credentialKinds));
    const unused = [...english.keys()].filter((key) => !usedTexts.has(key) && !key.startsWith('language.'));
    assert.deepEqual(unused, []);
  });

  it('are translated: hardly a sentence is the same in both languages', () => {
    const english: Texts = locales.get('en') ?? new Map<string, string>();
    const same = [...english].filter(([key, text]) => text.includes(' ') && locales.get('pt')?.get(key) === text);
    assert.deepEqual(
      same.map(([key]) => key),
      ['demo.id_token', 'demo.access_token', 'demo.refresh_token'],
    );
  });
});

describe('withTexts', () => {
  const known = new Map([['en', new Map([['a', 'A']])]]);

  it('adds texts of a language that there is, and replaces none', () => {
    const own = new Map([
      ['en', new Map([['b', 'B']])],
      ['xx', new Map([['b', 'B']])],
    ]);
    assert.deepEqual([...withTexts(known, own)], [['en', new Map([...(known.get('en') ?? []), ['b', 'B']])]]);
    assert.throws(() => withTexts(known, known), /two texts a in en/);
  });
});

describe('findMismatches', () => {
  it('names each key that one language lacks, and each placeholder it forgets', () => {
    const locales = new Map([
      [
        'en',
        new Map([
          ['a', 'Hi {name}'],
          ['b', 'x'],
        ]),
      ],
      [
        'pt',
        new Map([
          ['a', 'Olá'],
          ['c', 'y'],
        ]),
      ],
    ]);
    assert.deepEqual(findMismatches(locales), [
      'texts/pt.json lacks b',
      'texts/pt.json alone has c',
      'texts/pt.json has other placeholders in a',
    ]);
  });
});

describe('fill', () => {
  it('puts values where the braces are, once: braces inside a value stay as they are', () => {
    assert.equal(fill('{a} and {b}', { a: '{b}', b: 2 }), '{b} and 2');
  });
});
