/** Programs written for the published APIs find here what they know: same paths, parameters and bodies, same answers and errors. */
import assert from 'node:assert/strict';
import { declaredEndpoints } from '../support/declared-endpoints.ts';
import { compare, type Published } from './compare.ts';
import { factsOf } from './declared.ts';
import { explained } from './explained.ts';
import publishedJson from './published.json' with { type: 'json' };

const published: Published = publishedJson;

function list(what: string, sentences: readonly string[]): string {
  return [`${String(sentences.length)} ${what}`, ...sentences].join('\n  ');
}

/** The first, and the last. */
function shortened(texts: readonly string[]): string {
  const [first, last] = [texts.at(0) ?? '', texts.at(-1) ?? ''];
  return texts.length < 2 ? first : `${first} … ${last}`;
}

describe('the published APIs', () => {
  const { missing, differing, extra, idle, left, passed } = compare(
    declaredEndpoints().map(factsOf),
    published,
    explained,
  );

  after(() => {
    const reasons = [...passed].map(([why, texts]) => `${String(texts.length)} because ${why}: ${shortened(texts)}`);
    const differences = [...passed.values()].flat().length;
    process.stdout.write(`${list('operations are published and not served:', left)}\n`);
    process.stdout.write(`${String(differences)} differences, for ${list('reasons:', reasons)}\n`);
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
  const { operations, models, objects, bodies } = published;
  /** Models of objects within those that are named here, however deep, as far as they are told. */
  const withBelow = (api: string, named: readonly string[]): ReadonlySet<string> => {
    const all = new Set(named);
    for (const model of all)
      for (const below of Object.values(objects[api]?.[model] ?? {}))
        if (models[api]?.[below] !== undefined) all.add(below);
    return all;
  };

  it('name each operation once', () => {
    const places = operations.map(({ method, path }) => `${method} ${path}`);
    assert.ok(places.length >= 100);
    assert.equal(new Set(places).size, places.length);
  });

  it('know each model that an operation names, and those of objects within it, and no other', () => {
    for (const [api, own] of Object.entries(models)) {
      const named = operations.filter((one) => one.api === api).flatMap(({ body, answer }) => [body, answer]);
      const below = withBelow(
        api,
        named.filter((model) => model !== undefined),
      );
      assert.deepEqual([...below].sort(), Object.keys(own).sort(), api);
    }
  });

  it('say of members that are objects which model they have', () => {
    for (const [api, own] of Object.entries(objects))
      for (const [model, members] of Object.entries(own))
        for (const name of Object.keys(members).filter((one) => one !== ''))
          assert.ok(models[api]?.[model]?.includes(name), `${api} ${model} ${name}`);
  });

  it('say of bodies, and of their members, what more is known, and of nothing else', () => {
    for (const [api, own] of Object.entries(bodies)) {
      const sent = operations.flatMap((one) => (one.api === api && one.body !== undefined ? [one.body] : []));
      const read = withBelow(api, sent);
      for (const [model, { required = [], values = {} }] of Object.entries(own)) {
        assert.ok(read.has(model), `${api} ${model}`);
        for (const name of [...required, ...Object.keys(values)]) assert.ok(models[api]?.[model]?.includes(name), name);
      }
    }
  });

  it('are sorted, so that a change is seen for what it is', () => {
    const lists = [
      ...operations.map(({ query }) => query),
      ...Object.values(models).flatMap((own) => Object.values(own)),
      ...Object.values(bodies).flatMap((own) =>
        Object.values(own).flatMap(({ required = [], values = {} }) => [required, ...Object.values(values)]),
      ),
    ];
    for (const names of lists) assert.deepEqual(names, [...names].sort());
  });
});
