/** Rules of the house that neither the compiler nor the linter holds. Each failure lists the files. */
import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/cruise.ts';
import { filesOf, sourceRooms } from '../support/source-files.ts';

const sources = filesOf([...sourceRooms, 'test/support'], '**/*.ts');
const everyTest = filesOf(['test'], '**/*.test.ts');

/** Names of markets and their standards: they belong to plugins. */
const industryWord =
  /(?<![A-Za-z])(fdx|opin|obbr|obuk)(?![a-z])|(?<=[a-z])(Fdx|Opin|Obbr|Obuk)(?![a-z])|FDX|OPIN|OBBR|OBUK|[Oo]pen[ _-]?[Bb]anking/;

const mirrored = /\.(service|routes|store|activities|workflow)\.ts$/;

function offenders(
  list: readonly { readonly path: string; readonly text: string }[],
  wrong: (text: string) => boolean,
): readonly string[] {
  return list.filter(({ text }) => wrong(text)).map(({ path }) => path);
}

describe('the house', () => {
  it('has files at all to hold to these rules', () => {
    assert.ok(sources.length > 50);
  });

  it('knows no industry in core', () => {
    const core = filesOf(['server', 'workflows', 'migrations', 'templates'], '**/*.{ts,hbs,json}');
    const found = core.flatMap(({ path, text }) => {
      const word = industryWord.exec(`${path}\n${text}`)?.[0];
      return word === undefined ? [] : [`${path}: ${word}`];
    });
    assert.deepEqual(found, []);
  });

  it('recognises an industry word however it is written, and no other word', () => {
    for (const name of [
      'fdx',
      'fdx_consents',
      'isFdxClient',
      "'/fdx/dcr'",
      'FDX_MODE',
      'opinRoles',
      'obbr',
      'OpenBanking',
      'open_banking',
    ]) {
      assert.ok(industryWord.test(name), name);
    }
    for (const name of ['opinion', 'shopping', 'open for banking', 'robber']) assert.ok(!industryWord.test(name), name);
  });

  it('opens each source file with what it owns', () => {
    assert.deepEqual(
      offenders(sources, (text) => !/^\/\*\* ?\S|^\/\*\*\n \* \S/.test(text)),
      [],
    );
  });

  it('has no source file of more than 300 lines', () => {
    assert.deepEqual(
      offenders(sources, (text) => text.trimEnd().split('\n').length > 300),
      [],
    );
  });

  it('has a test beside each service, route, store, activity and workflow', () => {
    const missing = sources
      .filter(({ path }) => mirrored.test(path) && !path.startsWith('test/'))
      .map(({ path }) => path.replace(/\.ts$/, ''))
      .filter((path) => !everyTest.some((test) => test.path.startsWith(`test/${path}.`)));
    assert.deepEqual(missing, []);
  });

  it('has no folder for leftovers', () => {
    const attics = /(^|\/)(utils?|helpers?|common|misc|shared|lib)(\/|\.ts$)/;
    assert.deepEqual(
      [...sources, ...everyTest].map(({ path }) => path).filter((path) => attics.test(path)),
      [],
    );
  });

  it('says why wherever it silences the linter or the compiler', () => {
    const silenced = /(eslint-disable[\w-]*|@ts-(?:expect-error|ignore|nocheck))(.*)/g;
    const found = [...sources, ...everyTest].flatMap(({ path, text }) =>
      [...text.matchAll(silenced)]
        .filter(([, , rest = '']) => !/ -- \S/.test(rest))
        .map(([directive]) => `${path}: ${directive}`),
    );
    assert.deepEqual(
      found.filter((line) => !line.startsWith('test/architecture/')),
      [],
    );
  });

  it('runs only tests that everybody runs', () => {
    assert.deepEqual(
      offenders(everyTest, (text) => /\b(describe|it|context)\.only\(/.test(text)),
      [],
    );
  });

  it('links to nothing that is not there', () => {
    const documents = [...globSync('*.md', { cwd: projectRoot }), ...globSync('docs/**/*.md', { cwd: projectRoot })];
    const broken = documents.flatMap((document) =>
      linksOf(document).filter((target) => !existsSync(join(projectRoot, document, '..', target))),
    );
    assert.deepEqual(broken, []);
  });
});

/** Relative links of a document, without their fragments. */
function linksOf(document: string): readonly string[] {
  const text = filesOf(['.'], document)[0]?.text ?? '';
  return [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, target = '']) => target);
}
