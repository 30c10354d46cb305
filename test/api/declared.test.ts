/** What is taken from an endpoint to be compared. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { unserved } from '../../server/http/unserved.ts';
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
        below: {},
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
      below: {},
      required: ['kind'],
      isClosed: false,
      values: { kind: ['a', 'b'] },
    });
  });

  it('tells of objects in it, in lists and in maps, however deep, and of what is anything nothing', () => {
    const part = z.object({ colour: z.string(), bolts: z.array(z.strictObject({ length: z.int() })).optional() });
    const body = bodyOf(
      z.object({
        one: part.optional(),
        all: z.record(z.string(), part),
        any: z.record(z.string(), z.json()),
        x: z.json(),
      }),
    );
    assert.deepEqual(Object.keys(body?.below ?? {}), ['one', 'all']);
    for (const name of ['one', 'all'])
      assert.partialDeepStrictEqual(body?.below?.[name], {
        members: ['colour', 'bolts'],
        required: ['colour'],
        below: { bolts: { members: ['length'], required: ['length'], isClosed: true } },
      });
    const listed = factsOf({ ...declared, success: { status: 200, description: 'x', body: z.array(part) } });
    assert.deepEqual(Object.keys(listed.answered ?? {}), ['']);
  });

  it('takes what is refused where it says something for what is not read', () => {
    const held = unserved('nothing is encrypted');
    const body = bodyOf(z.object({ name: z.string(), held, deep: z.object({ held, a: z.string() }) }));
    assert.deepEqual(body?.members, ['name', 'deep']);
    assert.deepEqual(body.below?.['deep']?.members, ['a']);
  });
});
