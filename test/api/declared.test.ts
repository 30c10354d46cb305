/** What is taken from an endpoint to be compared. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { factsOf } from './declared.ts';

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

describe('factsOf', () => {
  const answerOf = (body: z.ZodType) =>
    factsOf({ ...declared, success: { status: 200, description: 'things', body } }).answer;
  const bodyOf = (body: z.ZodType) => factsOf({ ...declared, method: 'put', body }).body;

  it('takes from an endpoint what is compared', () => {
    assert.deepEqual(factsOf({ ...declared, query: z.object({ limit: z.int().optional() }) }), {
      operationId: 'listThings',
      method: 'get',
      path: '/api/system/:tid/things',
      query: ['limit'],
      status: 204,
      refusals: [400, 401, 403, 429],
    });
  });

  it('names the members of an answer: an object’s own, and those of each choice', () => {
    assert.deepEqual(answerOf(z.object({ things: z.array(z.object({ id: z.string() })) })), ['things']);
    assert.deepEqual(answerOf(z.looseObject({ id: z.string(), name: z.string().optional() })), ['id', 'name']);
    assert.deepEqual(answerOf(z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])), ['a', 'b']);
    assert.deepEqual(answerOf(z.object({ id: z.string() }).meta({ id: 'Thing' })), ['id']);
    assert.deepEqual(answerOf(z.array(z.string())), []);
  });

  it('says of a body what has to be sent, and what may be', () => {
    const kind = z.enum(['red', 'green']);
    assert.deepEqual(
      bodyOf(z.object({ name: z.string(), kinds: z.array(kind).optional(), of: z.string().default('') })),
      {
        members: ['name', 'kinds', 'of'],
        required: ['name'],
        isClosed: false,
        values: { kinds: ['red', 'green'] },
      },
    );
    assert.equal(bodyOf(z.strictObject({}))?.isClosed, true);
    assert.deepEqual(bodyOf(z.object({ kind: z.literal(['', 'red']) }))?.values, { kind: ['red'] });
    assert.deepEqual(bodyOf(z.object({ kind: z.union([kind, z.string()]) }))?.values, {}, 'any text is taken');
  });

  it('asks for what each choice of a union asks for', () => {
    const either = z.union([
      z.object({ kind: z.literal('a'), name: z.string() }),
      z.object({ kind: z.literal('b'), size: z.int() }),
    ]);
    assert.deepEqual(bodyOf(either), {
      members: ['kind', 'name', 'size'],
      required: ['kind'],
      isClosed: false,
      values: { kind: ['a', 'b'] },
    });
  });
});
