import assert from 'node:assert/strict';
import { fieldsShown, membersAsked, payloadFrom, textsIn } from '../../../server/self-service/registration-form.ts';

const asked = (schema: Record<string, unknown>) => membersAsked({ schema });
const one = (property: Record<string, unknown>) =>
  asked({ required: ['it'], properties: { it: property } }).map(({ input, holds }) => `${input} ${holds}`);

describe('what a registration asks', () => {
  it('is what a schema requires, in its order, once, and not what an address says already', () => {
    const properties = {
      a: { type: 'string' },
      b: { type: 'string' },
      email: { type: 'string' },
      c: { type: 'string' },
    };
    const names = asked({ required: ['b', 'email', 'a', 'b', 'email_verified', 'sub'], properties });
    assert.deepEqual(
      names.map(({ name, isRequired }) => [name, isRequired]),
      [
        ['b', true],
        ['a', true],
      ],
    );
  });

  it('fits its field to the type', () => {
    assert.deepEqual(one({ type: 'string' }), ['text text']);
    assert.deepEqual(one({}), ['text text']);
    assert.deepEqual(one({ type: ['null', 'string'], format: 'date' }), ['date text']);
    assert.deepEqual(one({ type: 'string', format: 'uri' }), ['url text']);
    assert.deepEqual(one({ type: 'integer' }), ['number number']);
    assert.deepEqual(one({ type: 'boolean' }), ['yes truth']);
    assert.deepEqual(one({ enum: ['a', 'b'] }), ['choice text']);
    assert.deepEqual(one({ type: 'integer', enum: [1, 2] }), ['choice number']);
  });

  it('leaves out what one field cannot say, what is hidden, and what no property describes', () => {
    assert.deepEqual(one({ type: 'object' }), []);
    assert.deepEqual(one({ type: 'array' }), []);
    assert.deepEqual(one({ type: 'string', hidden: true }), []);
    assert.deepEqual(asked({ required: ['it'] }), []);
    assert.deepEqual(asked({ required: ['__proto__', 'toString'], properties: {} }), []);
    assert.deepEqual(asked({ required: 'it', properties: 'none' }), []);
  });

  it('is bounded', () => {
    const names = Array.from({ length: 50 }, (_, n) => `member${String(n)}`);
    const properties = Object.fromEntries(names.map((name) => [name, { type: 'string', maxLength: 1e9 }]));
    const members = asked({ required: names, properties });
    assert.equal(members.length, 20);
    assert.ok(members.every(({ maxLength }) => maxLength === 2048));
  });

  it('is called by its title, by the name pages have for a claim, by its description, by its name', () => {
    const properties = {
      given_name: { title: 'First' },
      family_name: {},
      code: { description: 'Your code' },
      home_town: {},
    };
    const members = asked({ required: Object.keys(properties), properties });
    assert.deepEqual(
      members.map(({ title, claim }) => [title, claim]),
      [
        ['First', undefined],
        ['Family name', 'family_name'],
        ['Your code', undefined],
        ['Home town', undefined],
      ],
    );
  });
});

describe('what is said in a registration', () => {
  const members = asked({
    required: ['text', 'number', 'truth', 'left'],
    properties: { text: { maxLength: 5 }, number: { type: 'number' }, truth: { type: 'boolean' }, left: {} },
  });
  const payloadOf = (body: unknown) => payloadFrom(members, textsIn(members, body));

  it('becomes members of their types, of those asked alone; what is left empty is not said', () => {
    const body = { 'payload.text': ' abcdefgh ', 'payload.number': '1.5', 'payload.truth': '1', 'payload.left': ' ' };
    assert.deepEqual(payloadOf({ ...body, 'payload.other': 'x' }), { text: 'abcde', number: 1.5, truth: true });
  });

  it('stays a text where it is no number, and is no text where it was sent twice', () => {
    const twice = { 'payload.text': ['a', 'b'], 'payload.number': 'Infinity' };
    assert.deepEqual(payloadOf(twice), { number: 'Infinity', truth: false });
    for (const body of [undefined, null, 'x', []]) assert.deepEqual(payloadOf(body), { truth: false });
  });

  it('is shown again as it was typed, with what was refused marked', () => {
    const shown = fieldsShown(members, textsIn(members, { 'payload.number': 'three' }), ['number']);
    assert.deepEqual(
      shown.map(({ field, value, isFaulty }) => [field, value, isFaulty]),
      [
        ['payload.text', '', false],
        ['payload.number', 'three', true],
        ['payload.truth', '', false],
        ['payload.left', '', false],
      ],
    );
  });
});
