/** Which JSON Schemas may be stored: the published keywords and no others, in bounds that keep checking cheap. */
import { RE2JS } from 're2js';

export interface SchemaFault {
  /** RFC 6901, within the schema. */
  readonly pointer: string;
  readonly message: string;
}

const deepest = 20;
const mostSubschemas = 500;

/** Where schemas stand within a schema (JSON Schema 2020-12 §10). There is no `$ref`, so none is endless. */
const single = ['if', 'then', 'else', 'not', 'contains', 'items', 'propertyNames'];
const lists = ['allOf', 'anyOf', 'oneOf'];
const maps = ['properties', 'patternProperties', 'dependentSchemas'];

/** What a keyword's value must be (JSON Schema Validation 2020-12 §6). */
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown) => typeof value === 'string';
const isFlag = (value: unknown) => typeof value === 'boolean';
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const types = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
const isType = (value: unknown) =>
  typeof value === 'string'
    ? types.includes(value)
    : Array.isArray(value) && value.length > 0 && value.every((one) => types.includes(String(one)));

const values: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  ...Object.fromEntries(
    ['maxContains maxItems maxLength maxProperties minContains minItems minLength minProperties'.split(' ')].flatMap(
      (names) => names.map((name) => [name, [isCount, 'must be an integer of 0 or more'] as const]),
    ),
  ),
  ...Object.fromEntries(
    ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum'].map((name) => [
      name,
      [isNumber, 'must be a number'] as const,
    ]),
  ),
  multipleOf: [(value) => isNumber(value) && Number(value) > 0, 'must be a number above 0'],
  type: [isType, `must be among ${types.join(', ')}`],
  required: [isTexts, 'must be a list of names'],
  dependentRequired: [(value) => isRecord(value) && Object.values(value).every(isTexts), 'must be lists of names'],
  uniqueItems: [isFlag, 'must be true or false'],
  pattern: [isText, 'must be a text'],
  enum: [(value) => Array.isArray(value) && value.length > 0, 'must be a list'],
  const: [() => true, ''],
  additionalProperties: [(value) => isFlag(value) || isRecord(value), 'must be true, false or a schema'],
  // Said to readers, deciding nothing (§9; `hidden` is published, `format` an annotation by default, §7.2.1).
  title: [isText, 'must be a text'],
  description: [isText, 'must be a text'],
  hidden: [isFlag, 'must be true or false'],
  format: [isText, 'must be a text'],
  default: [() => true, ''],
  examples: [Array.isArray, 'must be a list'],
  $schema: [isText, 'must be a text'],
  $comment: [isText, 'must be a text'],
};

/** @returns why a pattern cannot be; it takes no longer than its text is long (RE2), so there are no look-arounds */
export function patternFault(pattern: string): string | undefined {
  if (pattern.length > 500) return 'must have at most 500 characters';
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch {
    return 'is no regular expression as RE2 knows them';
  }
}

const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** @returns the first ten things that are wrong with it; nothing where it may be stored */
export function faultsOfSchema(schema: unknown): readonly SchemaFault[] {
  const faults: SchemaFault[] = [];
  let count = 0;
  const fault = (pointer: string, message: string) => {
    if (faults.length < 10) faults.push({ pointer, message });
  };
  const visit = (one: unknown, pointer: string, depth: number): void => {
    if (typeof one === 'boolean' && depth > 0) return;
    if (!isRecord(one)) {
      fault(pointer, 'must be a schema');
      return;
    }
    count += 1;
    if (depth > deepest || count > mostSubschemas) {
      if (count <= mostSubschemas + 1)
        fault(pointer, `is too deep, or one of more than ${String(mostSubschemas)} schemas`);
      return;
    }
    for (const [name, value] of Object.entries(one)) visitKeyword(name, value, `${pointer}/${escaped(name)}`, depth);
  };
  const visitKeyword = (name: string, value: unknown, pointer: string, depth: number): void => {
    if (single.includes(name)) {
      visit(value, pointer, depth + 1);
    } else if (lists.includes(name)) {
      if (!Array.isArray(value) || value.length === 0) fault(pointer, 'must be a list of schemas');
      else for (const [at, part] of value.entries()) visit(part, `${pointer}/${String(at)}`, depth + 1);
    } else if (maps.includes(name)) {
      if (!isRecord(value)) fault(pointer, 'must be schemas by name');
      else
        for (const [key, part] of Object.entries(value)) {
          const wrong = name === 'patternProperties' ? patternFault(key) : undefined;
          if (wrong !== undefined) fault(`${pointer}/${escaped(key)}`, wrong);
          visit(part, `${pointer}/${escaped(key)}`, depth + 1);
        }
    } else {
      const rule = Object.hasOwn(values, name) ? values[name] : undefined;
      if (rule === undefined) fault(pointer, 'is no keyword that is known here');
      else if (!rule[0](value)) fault(pointer, rule[1]);
      else if (name === 'additionalProperties') visit(value, pointer, depth + 1);
      else if (name === 'pattern' && typeof value === 'string') {
        const wrong = patternFault(value);
        if (wrong !== undefined) fault(pointer, wrong);
      }
    }
  };
  visit(schema, '', 0);
  return faults;
}
