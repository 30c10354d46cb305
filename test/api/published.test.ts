/** Programs written for the published APIs find here what they know: same paths, same parameters, same answers. */
import assert from 'node:assert/strict';
import { declaredEndpoints } from '../support/declared-endpoints.ts';
import { compare, factsOf, type Published } from './compare.ts';
import { explained } from './explained.ts';
import publishedJson from './published.json' with { type: 'json' };

const published: Published = publishedJson;

function list(what: string, sentences: readonly string[]): string {
  return [`${String(sentences.length)} ${what}`, ...sentences].join('\n  ');
}

describe('the published APIs', () => {
  const { missing, differing, extra, idle, left } = compare(declaredEndpoints().map(factsOf), published, explained);

  after(() => {
    process.stdout.write(`${list('operations are published and not served:', left)}\n`);
  });

  it('are served', () => {
    assert.equal(missing.length, 0, list('operations are neither served nor explained:', missing));
  });

  it('are served as published', () => {
    assert.equal(differing.length, 0, list('differences are not explained:', differing));
  });

  it('are all that is served, but for what is said to be our own', () => {
    assert.equal(extra.length, 0, list('operations are not published, nor explained:', extra));
  });

  it('are explained only where they differ', () => {
    assert.equal(idle.length, 0, list('explanations explain nothing:', idle));
  });
});

describe('the facts of the published APIs', () => {
  const { operations, models } = published;

  it('name each operation once', () => {
    const places = operations.map(({ method, path }) => `${method} ${path}`);
    assert.ok(places.length >= 100);
    assert.equal(new Set(places).size, places.length);
  });

  it('know each model that an operation names, and no other', () => {
    const named = operations.flatMap(({ api, body, answer }) =>
      [body, answer].flatMap((model) => (model === undefined ? [] : [`${api} ${model}`])),
    );
    const known = Object.entries(models).flatMap(([api, own]) => Object.keys(own).map((model) => `${api} ${model}`));
    assert.deepEqual([...new Set(named)].sort(), known.sort());
  });

  it('are sorted, so that a change is seen for what it is', () => {
    const lists = [
      ...operations.map(({ query }) => query),
      ...Object.values(models).flatMap((own) => Object.values(own)),
    ];
    for (const names of lists) assert.deepEqual(names, [...names].sort());
  });
});
