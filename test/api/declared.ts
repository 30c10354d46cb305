/** What is compared of an endpoint with what is published of it. */
import type { z } from 'zod';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { createSchemas, isMembers, type Direction, type JsonSchema } from '../../server/http/openapi-schemas.ts';
import { refusalsOf } from '../../server/http/refusals.ts';
import { statusOf } from '../../server/kernel/errors.ts';

export interface DeclaredOperation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly status: number;
  /** Statuses of errors. */
  readonly refusals: readonly number[];
  /** Absent without one. */
  readonly body?: DeclaredBody;
  /** Names of the members; absent without a body. */
  readonly answer?: readonly string[];
}

export interface DeclaredBody {
  /** Names of the members that are read. */
  readonly members: readonly string[];
  /** Those that have to be sent. */
  readonly required: readonly string[];
  /** What is not read is refused, and not passed over. */
  readonly isClosed: boolean;
  /** By member: all that it may be, where that is said. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

export function factsOf(endpoint: Endpoint): DeclaredOperation {
  const { operationId, method, path, query, body, success } = endpoint;
  return {
    operationId,
    method,
    path,
    query: Object.keys(query?.shape ?? {}),
    status: success.status,
    refusals: refusalsOf(endpoint).map((code) => statusOf[code]),
    ...(body === undefined ? {} : { body: bodyOf(partsOf(body, 'input')) }),
    ...(success.status === 204 ? {} : { answer: membersOf(partsOf(success.body, 'output')) }),
  };
}

/** A schema with what it refers to, and all that it is made of: itself, and of a union each of its choices. */
interface Parts {
  readonly schemas: readonly JsonSchema[];
  readonly partsOf: (schema: unknown) => readonly JsonSchema[];
}

function partsOf(body: z.ZodType, direction: Direction): Parts {
  const known = createSchemas();
  const named = new Map<unknown, JsonSchema>();
  const partsIn = (schema: unknown): readonly JsonSchema[] => {
    if (!isMembers(schema)) return [];
    const { $ref, anyOf, oneOf, allOf } = schema;
    return [schema, ...[named.get($ref), anyOf, oneOf, allOf].flat().flatMap(partsIn)];
  };
  const schema = known.of(body, direction);
  for (const [name, one] of known.named) named.set(`#/components/schemas/${name}`, one);
  return { schemas: partsIn(schema), partsOf: partsIn };
}

const propertiesOf = ({ properties }: JsonSchema): JsonSchema => (isMembers(properties) ? properties : {});

/** Of an object; of a union, those of each of its choices. */
const membersOf = ({ schemas }: Parts): readonly string[] => [
  ...new Set(schemas.flatMap((schema) => Object.keys(propertiesOf(schema)))),
];

function bodyOf(parts: Parts): DeclaredBody {
  const members = membersOf(parts);
  const objects = parts.schemas.filter(({ properties }) => properties !== undefined);
  /** Nothing where it may be any text. */
  const valuesOf = (schema: unknown): readonly string[] => {
    const choices = parts.partsOf(schema);
    const isAny = choices.some(
      (one) => one['type'] === 'string' && one['enum'] === undefined && one['const'] === undefined,
    );
    return choices.flatMap(({ enum: listed, const: one, items }) => [
      // An empty text is as good as none.
      ...(isAny
        ? []
        : [listed, one].flat().filter((value): value is string => typeof value === 'string' && value !== '')),
      ...valuesOf(items),
    ]);
  };
  return {
    members,
    required: members.filter((name) =>
      objects.every(({ required }) => Array.isArray(required) && required.includes(name)),
    ),
    isClosed: objects.some(({ additionalProperties }) => additionalProperties === false),
    values: Object.fromEntries(
      members
        .map((name) => [name, objects.flatMap((schema) => valuesOf(propertiesOf(schema)[name]))] as const)
        .filter(([, values]) => values.length > 0),
    ),
  };
}
