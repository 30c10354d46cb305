/** What is known of a person, held to a schema. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { schemaId, tenantId } from '../../../server/kernel/ids.ts';
import { createSchemaCheck } from '../../../server/schemas/schema-check.ts';
import { defaultSchemas } from '../../../server/schemas/default-schemas.ts';
import { faultsOfSchema } from '../../../server/schemas/schema-keywords.ts';
import type { Schema } from '../../../server/schemas/schema.ts';

const schemaOf = (schema: Schema['schema'], id = 'member'): Schema => ({
  tenantId: tenantId('acme'),
  id: schemaId(id),
  name: '',
  description: '',
  schema,
  isSystem: false,
  createdAt: 0,
  updatedAt: 0,
});
const details = z.array(z.object({ pointer: z.string(), message: z.string() }));

describe('SchemaCheck', () => {
  const checks = createSchemaCheck(2);
  const pointers = (schema: Schema['schema'], value: unknown): readonly string[] => {
    try {
      checks.check(schemaOf(schema), value, '/payload');
      return [];
    } catch (error) {
      if (!isPlatformError(error, 'unprocessable_entity')) throw error;
      return details.parse(error.details).map(({ pointer }) => pointer);
    }
  };

  it('says by pointer what does not fit', () => {
    const schema = {
      type: 'object',
      required: ['tier'],
      additionalProperties: false,
      properties: { tier: { type: 'string' }, 'a/b': { type: 'integer' } },
    };
    assert.deepEqual(pointers(schema, { tier: 'gold', 'a/b': 1 }), []);
    assert.deepEqual(pointers(schema, {}), ['/payload/tier']);
    assert.deepEqual(pointers(schema, { tier: 1, 'a/b': 'x' }), ['/payload/tier', '/payload/a~1b']);
    assert.deepEqual(pointers(schema, { tier: 'gold', other: 1 }), ['/payload/other']);
    assert.deepEqual(pointers(schema, []), ['/payload']);
  });

  it('names at most twenty faults', () => {
    const value = Array.from({ length: 100 }, () => 'x');
    assert.equal(pointers({ items: { type: 'integer' } }, value).length, 20);
  });

  it('takes a changed schema for another one, whatever it is called', () => {
    assert.deepEqual(pointers({ type: 'object' }, {}), []);
    assert.deepEqual(pointers({ type: 'array' }, {}), ['/payload']);
  });

  it('is not held up by a pattern made for it', () => {
    const schema = { type: 'string', pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' };
    assert.deepEqual(faultsOfSchema(schema), []);
    // A backtracking matcher would still be busy tomorrow.
    assert.deepEqual(pointers(schema, 'a'.repeat(60_000)), ['/payload']);
  });

  it('knows what prototypes have for what it is', () => {
    assert.deepEqual(pointers({ required: ['toString'] }, {}), ['/payload/toString']);
    assert.deepEqual(pointers({ properties: { constructor: { type: 'string' } } }, {}), []);
  });

  it('lets what OpenID Connect says of a person pass by default', () => {
    for (const schema of defaultSchemas(tenantId('acme'))) {
      assert.deepEqual(faultsOfSchema(schema.schema), []);
      checks.check(schema, { name: 'Ada', email_verified: true, anything: { else: 1 } }, '/payload');
    }
  });
});
