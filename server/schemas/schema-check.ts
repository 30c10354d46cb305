/** Holds what is known of a person to a tenant's schema, at a cost that the tenant cannot drive up. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import { PlatformError } from '../kernel/errors.ts';
import type { Schema } from './schema.ts';

/** As ajv calls a regular expression. Tenants write patterns: here they take no longer than the text is long. */
const linear = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    // ajv tells patterns of one schema apart by their text.
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => pattern };
  },
  { code: 'new RE2JS' },
);

export interface SchemaCheck {
  /**
   * @param pointer where the value was sent, e.g. `/payload`
   * @throws PlatformError `unprocessable_entity` with at most twenty `{pointer, message}` (RFC 6901)
   */
  check(schema: Schema, value: unknown, pointer: string): void;
}

const mostFaults = 20;

/** @param most compiled schemas that are kept */
export function createSchemaCheck(most = 200): SchemaCheck {
  const compiled = new LRUCache<string, ValidateFunction>({ max: most });

  const compile = (schema: Schema): ValidateFunction => {
    const key = JSON.stringify([schema.tenantId, schema.id, schema.schema]);
    const known = compiled.get(key);
    if (known !== undefined) return known;
    // One for each: ajv keeps what it compiled for as long as it lives itself.
    const ajv = new Ajv2020({
      allErrors: true,
      ownProperties: true,
      strict: false,
      validateFormats: false,
      code: { regExp: linear },
    });
    // Keywords were checked when it was stored; what is published besides them decides nothing.
    const validate = ajv.compile({ ...schema.schema });
    compiled.set(key, validate);
    return validate;
  };

  return {
    check(schema, value, pointer) {
      const validate = compile(schema);
      if (validate(value)) return;
      const details = (validate.errors ?? []).slice(0, mostFaults).map(({ instancePath, message, params }) => {
        const missing: unknown = params['missingProperty'] ?? params['additionalProperty'];
        const below = typeof missing === 'string' ? `/${missing.replaceAll('~', '~0').replaceAll('/', '~1')}` : '';
        return { pointer: `${pointer}${instancePath}${below}`, message: message ?? 'does not fit its schema' };
      });
      const named = schema.name === '' ? schema.id : schema.name;
      throw new PlatformError('unprocessable_entity', `It does not fit the schema ${named}.`, { details });
    },
  };
}
