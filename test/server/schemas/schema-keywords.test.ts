/** Which schemas are stored. */
import assert from 'node:assert/strict';
import { faultsOfSchema, patternFault } from '../../../server/schemas/schema-keywords.ts';

const pointers = (schema: unknown) => faultsOfSchema(schema).map(({ pointer }) => pointer);

describe('faultsOfSchema', () => {
  it('finds nothing wrong with the published keywords', () => {
    assert.deepEqual(
      faultsOfSchema({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        required: ['tier'],
        additionalProperties: false,
        properties: {
          tier: { type: 'string', enum: ['gold', 'silver'], title: 'Tier', hidden: false },
          age: { type: ['integer', 'null'], minimum: 0, exclusiveMaximum: 150, multipleOf: 1 },
          tags: { type: 'array', items: { type: 'string', pattern: '^[a-z]+$', maxLength: 20 }, uniqueItems: true },
        },
        patternProperties: { '^x-': true },
        dependentRequired: { age: ['tier'] },
        allOf: [{ if: { properties: { tier: { const: 'gold' } } }, then: { required: ['age'] } }],
      }),
      [],
    );
  });

  it('says where what is not a schema stands', () => {
    assert.deepEqual(pointers([]), ['']);
    assert.deepEqual(pointers({ type: 'text' }), ['/type']);
    assert.deepEqual(pointers({ properties: { 'a/b': { minLength: -1 } } }), ['/properties/a~1b/minLength']);
    assert.deepEqual(pointers({ anyOf: [] }), ['/anyOf']);
    assert.deepEqual(pointers({ items: { required: 'name' } }), ['/items/required']);
  });

  it('refuses what is no published keyword: references, which may be endless, above all', () => {
    for (const name of ['$ref', '$dynamicRef', '$defs', '$id', 'constructor', '__proto__'])
      assert.equal(pointers(JSON.parse(`{"${name}":"#"}`)).length, 1, name);
  });

  it('refuses patterns that take longer than their text is long to match', () => {
    assert.deepEqual(pointers({ pattern: '(?=a)b' }), ['/pattern']);
    assert.deepEqual(pointers({ pattern: '(a)\\1' }), ['/pattern']);
    assert.deepEqual(pointers({ patternProperties: { '(': {} } }), ['/patternProperties/(']);
    assert.equal(patternFault('a'.repeat(501)), 'must have at most 500 characters');
    assert.equal(patternFault('^(a+)+$'), undefined);
  });

  it('refuses what is deep or wide', () => {
    let deep: object = {};
    for (let level = 0; level < 30; level += 1) deep = { not: deep };
    assert.equal(pointers(deep).length, 1);
    assert.equal(pointers({ allOf: Array.from({ length: 600 }, () => ({})) }).length, 1);
  });
});
