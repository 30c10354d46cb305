/** What endpoints read and answer, as the JSON Schemas (draft 2020-12) of one OpenAPI document. */
import { z } from 'zod';

/** Keywords of a schema, in a stable order. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** `input`: what a request may hold; `output`: what an answer does. */
export type Direction = 'input' | 'output';

export interface Schemas {
  /** @throws Error for a schema that refers to itself, or one named twice, as `.meta({ id })` names it */
  of(schema: z.ZodType, direction: Direction): JsonSchema;
  /** Those with a name, which the others refer to; an input's ends in `Input`, since defaults are no demand on it. */
  readonly named: ReadonlyMap<string, JsonSchema>;
}

const places = '#/components/schemas/';
const definitions = '#/$defs/';

export function createSchemas(): Schemas {
  const named = new Map<string, JsonSchema>();

  const keep = (name: string, schema: JsonSchema): void => {
    if (name.startsWith('__')) throw new Error('a schema that refers to itself needs a name: .meta({ id })');
    const known = named.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`two schemas are named ${name}`);
    named.set(name, schema);
  };

  return {
    named,
    of(schema, direction) {
      const { $defs = {}, properties = {} } = convert(z.object({ schema }), direction);
      const nameOf = (name: string) => (direction === 'input' ? `${name}Input` : name);
      const replace = (reference: string): JsonSchema => {
        const name = reference.slice(definitions.length);
        return isAnything($defs[name], reference) ? {} : { $ref: places + nameOf(name) };
      };
      for (const [name, definition] of Object.entries($defs)) {
        if (!isAnything(definition, definitions + name)) keep(nameOf(name), referring(definition, replace));
      }
      return referring(properties['schema'], replace);
    },
  };
}

function convert(schema: z.ZodType, direction: Direction) {
  return z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: direction,
    // A value that JSON cannot show, such as what a text is parsed to, is anything.
    unrepresentable: 'any',
    override({ zodSchema: { _zod }, jsonSchema }) {
      const { def } = _zod;
      // Answers may gain members; only a strict schema forbids them.
      if (def.type === 'object' && def.catchall === undefined) delete jsonSchema.additionalProperties;
      // `z.stringbool` reads texts, as queries hold them; those it is meant for are true and false.
      if (direction === 'input' && def.type === 'pipe' && def.out._zod.def.type === 'boolean')
        jsonSchema.type = 'boolean';
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (JSON.stringify(jsonSchema.propertyNames) === '{"type":"string"}') delete jsonSchema.propertyNames;
      // A format says the same in one word.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    },
  });
}

/** Whether a definition is `z.json()`: seven lines that say «whatever JSON can say». */
function isAnything(definition: unknown, reference: string): boolean {
  return JSON.stringify(definition).replaceAll(reference, '') === anything;
}
const anything = JSON.stringify(convert(z.object({ any: z.json() }), 'output').$defs?.['__schema0']).replaceAll(
  `${definitions}__schema0`,
  '',
);

/** The same with each reference replaced, what stands beside it kept. */
function referring(schema: unknown, replace: (reference: string) => JsonSchema): JsonSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    return isMembers(value) ? members(value) : value;
  };
  const members = ({ $ref, ...rest }: JsonSchema): JsonSchema => ({
    ...(typeof $ref === 'string' ? replace($ref) : $ref === undefined ? {} : { $ref: walk($ref) }),
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, walk(value)])),
  });
  return isMembers(schema) ? members(schema) : {};
}

export function isMembers(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
