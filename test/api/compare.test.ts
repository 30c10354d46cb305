/** What the comparison with the published APIs finds, and what it lets pass. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { compare, factsOf, type DeclaredOperation, type Published, type PublishedOperation } from './compare.ts';

const get: PublishedOperation = {
  api: 'system',
  tag: 'things',
  operationId: 'getThing',
  method: 'get',
  path: '/api/system/{tid}/things/{id}',
  statuses: [200, 404],
  query: ['deep'],
  answer: 'Thing',
};
const remove: PublishedOperation = { ...get, operationId: 'deleteThing', method: 'delete', statuses: [204], query: [] };
const publish = (...operations: PublishedOperation[]): Published => ({
  operations,
  models: { system: { Thing: ['id', 'name'] } },
});
const own: DeclaredOperation = {
  operationId: 'getThing',
  method: 'get',
  path: '/api/system/:tid/things/:thing',
  query: ['deep'],
  status: 200,
  answer: ['id', 'name'],
};
const nothing = { missing: [], differing: [], extra: [], idle: [], left: [] };

describe('compare', () => {
  it('finds nothing where everything is served as published, whatever parameters of the path are called', () => {
    assert.deepEqual(compare([own], publish(get)), nothing);
  });

  it('asks nothing of the body of an answer without one', () => {
    const { answer: _, ...empty } = { ...own, operationId: 'deleteThing', method: 'delete', query: [], status: 204 };
    assert.deepEqual(compare([empty], publish(remove)), nothing);
  });

  it('finds an operation that is not served', () => {
    const { missing } = compare([own], publish(get, remove));
    assert.deepEqual(missing, ['system: deleteThing (delete /api/system/{tid}/things/{id})']);
  });

  it('finds one that is served at another path or with another method', () => {
    for (const other of [
      { ...own, method: 'post' },
      { ...own, path: '/api/system/:tid/thing/:id' },
    ]) {
      const { missing, extra } = compare([other], publish(get));
      assert.deepEqual([missing.length, extra.length], [1, 1]);
    }
  });

  it('finds every way in which one differs', () => {
    const differing = (changes: Partial<DeclaredOperation>) =>
      compare([{ ...own, ...changes }], publish(get)).differing;
    assert.deepEqual(differing({ operationId: 'readThing' }), ['system: getThing is called readThing']);
    assert.deepEqual(differing({ status: 201 }), ['system: getThing answers 201, which is not published']);
    assert.deepEqual(differing({ query: [] }), ['system: getThing does not read the query parameter deep']);
    assert.deepEqual(differing({ query: ['deep', 'wide'] }), [
      'system: getThing reads the query parameter wide, which is not published',
    ]);
    assert.deepEqual(differing({ answer: ['id', 'name', 'more'] }), [
      'system: getThing answers more, which Thing does not have',
    ]);
    assert.deepEqual(differing({ answer: ['id'] }), ['system: getThing does not answer name of Thing']);
  });

  it('finds an operation that nobody published', () => {
    const other = { ...own, operationId: 'sing', path: '/api/system/:tid/songs' };
    assert.deepEqual(compare([own, other], publish(get)).extra, ['sing (get /api/system/:tid/songs)']);
  });

  describe('with explanations', () => {
    const why = 'so it is';

    it('lets pass what they explain, by operation or by model', () => {
      const differing = { ...own, query: [], answer: ['id'] };
      const explained = [
        { operationId: 'getThing', member: 'deep', why },
        { model: 'Thing', member: 'name', why },
        { api: 'system', operationId: 'deleteThing', why },
        { operationId: 'sing', why },
      ];
      const other = { ...own, operationId: 'sing', path: '/api/system/:tid/songs' };
      const left = ['system: deleteThing (delete /api/system/{tid}/things/{id}): so it is'];
      assert.deepEqual(compare([differing, other], publish(get, remove), explained), { ...nothing, left });
    });

    it('lets nothing else pass', () => {
      const { differing } = compare([{ ...own, query: [], answer: ['id'] }], publish(get), [
        { operationId: 'getThing', member: 'name', why },
      ]);
      assert.deepEqual(differing, ['system: getThing does not read the query parameter deep']);
      const { missing } = compare([own], publish(get, remove), [{ api: 'admin', operationId: 'deleteThing', why }]);
      assert.equal(missing.length, 1);
    });

    it('lets a group be left out as a whole, and not in part', () => {
      const explained = [{ tag: 'things', why }];
      const { left, ...rest } = compare([], publish(get, remove), explained);
      assert.deepEqual({ ...rest, left: [] }, nothing);
      assert.equal(left.length, 2);
      const { missing, idle } = compare([own], publish(get, remove), explained);
      assert.deepEqual([missing.length, idle.length], [1, 1]);
    });

    it('finds those that explain nothing any more', () => {
      const { idle } = compare([own], publish(get), [{ model: 'Thing', member: 'name', why }]);
      assert.deepEqual(idle, ['any API: Thing: name: so it is']);
    });
  });
});

describe('factsOf', () => {
  const declared: Endpoint = {
    method: 'get',
    path: '/api/system/:tid/things',
    operationId: 'listThings',
    tag: 'things',
    summary: 'List things',
    access: { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['x'] },
    success: { status: 204, description: 'nothing' },
    handle: () => Promise.resolve(),
  };
  const answerOf = (body: z.ZodType) =>
    factsOf({ ...declared, success: { status: 200, description: 'things', body } }).answer;

  it('takes from an endpoint what is compared', () => {
    assert.deepEqual(factsOf({ ...declared, query: z.object({ limit: z.int().optional() }) }), {
      operationId: 'listThings',
      method: 'get',
      path: '/api/system/:tid/things',
      query: ['limit'],
      status: 204,
    });
  });

  it('names the members of an answer: an object’s own, and those of each choice', () => {
    assert.deepEqual(answerOf(z.object({ things: z.array(z.object({ id: z.string() })) })), ['things']);
    assert.deepEqual(answerOf(z.looseObject({ id: z.string(), name: z.string().optional() })), ['id', 'name']);
    assert.deepEqual(answerOf(z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])), ['a', 'b']);
    assert.deepEqual(answerOf(z.object({ id: z.string() }).meta({ id: 'Thing' })), ['id']);
    assert.deepEqual(answerOf(z.array(z.string())), []);
  });
});
