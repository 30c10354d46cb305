import assert from 'node:assert/strict';
import { z } from 'zod';
import { secretsInDefaults } from '../../../server/extension-points/default-secrets.ts';

describe('secretsInDefaults', () => {
  const secrets: readonly (readonly [string, z.ZodType])[] = [
    ['client_secret', z.object({ client_secret: z.string().default('s3cret') })],
    ['smtp.password', z.object({ smtp: z.object({ password: z.string().default('x') }) })],
    ['smtp.password', z.object({ smtp: z.object({ password: z.string() }).default({ password: 'x' }) })],
    ['apiKey', z.object({ apiKey: z.string().default('x').optional() })],
    ['access_token', z.object({ access_token: z.literal('t') })],
    ['pem', z.object({ pem: z.string().default('-----BEGIN PRIVATE KEY-----\nMIG') })],
    ['jwk', z.object({ jwk: z.object({ kty: z.string(), d: z.string() }).default({ kty: 'EC', d: 'abc' }) })],
    ['hooks.token', z.object({ hooks: z.array(z.object({ token: z.string().default('x') })) })],
  ];
  for (const [path, schema] of secrets) {
    it(`finds ${path} in ${JSON.stringify(z.toJSONSchema(schema, { io: 'input' })['properties'])}`, () => {
      assert.deepEqual(secretsInDefaults(schema), [path]);
    });
  }

  it('finds none in secrets without a default, and in defaults that are none', () => {
    const schema = z.object({
      client_secret: z.string(),
      password: z.string().default(''),
      token_ttl: z.string().default('1h'),
      token_endpoint: z.string().default('https://x.example'),
      version: z.number().default(1),
    });
    assert.deepEqual(secretsInDefaults(schema), []);
  });
});
