/** What is compared of an endpoint with what is published of it. */
import type { z } from 'zod';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { unservedMark } from '../../server/http/unserved.ts';
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
  /** By member of the answer: the object that it is, or that its elements or values are, where its members are told. */
  readonly answered?: Readonly<Record<string, DeclaredObject>>;
}

/** An object within an answer. What is a list by itself has its elements under no name. */
export interface DeclaredObject {
  readonly members: readonly string[];
  readonly below?: Readonly<Record<string, DeclaredObject>>;
}

export interface DeclaredBody extends DeclaredObject {
  readonly below?: Readonly<Record<string, DeclaredBody>>;
  /** Those that have to be sent. */
  readonly required: readonly string[];
  /** What is not read is refused, and not passed over. */
  readonly isClosed: boolean;
  /** By member: all that it may be, where that is said. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

export function factsOf(endpoint: Endpoint): DeclaredOperation {
  const { operationId, method, path, query, body, success } = endpoint;
  const asked: Readonly<Record<string, z.ZodType>> = query?.shape ?? {};
  return {
    operationId,
    method,
    path,
    query: Object.keys(asked).filter((name) => asked[name]?.meta()?.[unservedMark] !== true),
    status: success.status,
    refusals: refusalsOf(endpoint).map((code) => statusOf[code]),
    ...(body === undefined ? {} : { body: bodyOf(partsOf(body, 'input')) }),
    ...(success.status === 204 ? {} : answerOf(partsOf(success.body, 'output'))),
  };
}

function answerOf(parts: Parts): Pick<DeclaredOperation, 'answer' | 'answered'> {
  return { answer: membersOf(parts), answered: belowOf(parts, bodyOf) };
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

/** What is refused where it says something is not read. */
const propertiesOf = ({ properties }: JsonSchema): JsonSchema =>
  isMembers(properties)
    ? Object.fromEntries(Object.entries(properties).filter(([, one]) => !isMembers(one) || one[unservedMark] !== true))
    : {};

/** Of an object; of a union, those of each of its choices. */
const membersOf = ({ schemas }: Parts): readonly string[] => [
  ...new Set(schemas.flatMap((schema) => Object.keys(propertiesOf(schema)))),
];

/** A schema, and what the elements of its lists and the values of its maps are. */
function objectsIn(parts: Parts, schema: unknown): readonly JsonSchema[] {
  return parts
    .partsOf(schema)
    .flatMap((one) => [one, ...objectsIn(parts, one['items']), ...objectsIn(parts, one['additionalProperties'])]);
}

function belowOf<One>(parts: Parts, of: (parts: Parts) => One): Readonly<Record<string, One>> {
  const below = (schemas: readonly unknown[]) => schemas.flatMap((schema) => objectsIn(parts, schema));
  const named = membersOf(parts).map(
    (name) => [name, below(parts.schemas.map((one) => propertiesOf(one)[name]))] as const,
  );
  const elements = ['', below(parts.schemas.map(({ items }) => items))] as const;
  return Object.fromEntries(
    [...named, elements]
      .map(([name, schemas]) => [name, schemas.filter(({ properties }) => properties !== undefined)] as const)
      .filter(([, schemas]) => schemas.length > 0)
      .map(([name, schemas]) => [name, of({ ...parts, schemas })]),
  );
}

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
    below: belowOf(parts, bodyOf),
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
