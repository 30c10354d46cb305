/** The platform's endpoints held against the published APIs: every difference is found, and none stays unexplained. */
import type { z } from 'zod';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { createSchemas, isMembers, type JsonSchema } from '../../server/http/openapi-schemas.ts';

export interface PublishedOperation {
  readonly api: string;
  readonly tag: string;
  readonly operationId: string;
  readonly method: string;
  /** With parameters as in `/api/system/{tid}/client/{cid}`; what they are called does not matter. */
  readonly path: string;
  readonly statuses: readonly number[];
  readonly query: readonly string[];
  /** Names of models of the same API. */
  readonly body?: string;
  readonly answer?: string;
}

export interface Published {
  readonly operations: readonly PublishedOperation[];
  /** By API and name: the names of the members; none for what is no object. */
  readonly models: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** What is compared of an endpoint. */
export interface DeclaredOperation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly status: number;
  /** Names of the members; absent without a body. */
  readonly answer?: readonly string[];
}

/** Why the platform differs. Without a member it explains whole operations: those left out, or one of our own. */
export interface Explanation {
  /** Where several APIs have such an operation, model or group, and it is true of one. */
  readonly api?: string;
  /** One of the three. */
  readonly operationId?: string;
  /** Of an answer: true of every operation that answers it. */
  readonly model?: string;
  /** A group that is left out as a whole: once an operation of it is served, each of the others has to be explained. */
  readonly tag?: string;
  /** Of an answer or a query. */
  readonly member?: string;
  readonly why: string;
}

/** Sentences, each about one difference. */
export interface Comparison {
  /** Published and not served. */
  readonly missing: readonly string[];
  /** Served otherwise than published. */
  readonly differing: readonly string[];
  /** Served and not published. */
  readonly extra: readonly string[];
  /** Explanations of what is no difference. */
  readonly idle: readonly string[];
  /** Operations that are not served, with the reason for each. */
  readonly left: readonly string[];
}

interface Difference {
  readonly api?: string;
  readonly operationId: string;
  readonly model?: string | undefined;
  /** Of an operation whose group is left out as a whole. */
  readonly tag?: string | undefined;
  readonly member?: string;
  readonly text: string;
}

export function compare(
  declared: readonly DeclaredOperation[],
  published: Published,
  explained: readonly Explanation[] = [],
): Comparison {
  const served = new Map(declared.map((one) => [placeOf(one), one]));
  const known = new Set(published.operations.map(placeOf));
  const groupOf = ({ api, tag }: PublishedOperation): string => `${api} ${tag}`;
  const begun = new Set(published.operations.filter((one) => served.has(placeOf(one))).map(groupOf));
  const used = new Set<Explanation>();
  const unexplained = (differences: readonly Difference[]): readonly string[] =>
    differences.flatMap((difference) => {
      const reasons = explained.filter((reason) => explains(reason, difference));
      for (const reason of reasons) used.add(reason);
      return reasons.length > 0 ? [] : [difference.text];
    });

  const unserved = published.operations
    .filter((one) => !served.has(placeOf(one)))
    .map((one) => ({
      api: one.api,
      operationId: one.operationId,
      tag: begun.has(groupOf(one)) ? undefined : one.tag,
      text: `${one.api}: ${one.operationId} (${one.method} ${one.path})`,
    }));

  return {
    missing: unexplained(unserved),
    left: unserved.flatMap((one) => {
      const reason = explained.find((candidate) => explains(candidate, one));
      return reason === undefined ? [] : [`${one.text}: ${reason.why}`];
    }),
    differing: unexplained(
      published.operations.flatMap((one) => {
        const own = served.get(placeOf(one));
        return own === undefined ? [] : differencesOf(own, one, published.models[one.api] ?? {});
      }),
    ),
    extra: unexplained(
      declared
        .filter((one) => !known.has(placeOf(one)))
        .map(({ operationId, method, path }) => ({ operationId, text: `${operationId} (${method} ${path})` })),
    ),
    idle: explained
      .filter((reason) => !used.has(reason))
      .map(({ api = 'any API', operationId, model, tag, member, why }) =>
        [api, operationId, model, tag, member, why].filter((part) => part !== undefined).join(': '),
      ),
  };
}

const placeOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method} ${path.replaceAll(/\{[^}]*\}|:\w+/g, '{}')}`;

function explains(reason: Explanation, { api, operationId, model, tag, member }: Difference): boolean {
  if (reason.member !== member) return false;
  if (reason.api !== undefined && reason.api !== api) return false;
  if (reason.operationId !== undefined) return reason.operationId === operationId;
  if (reason.tag !== undefined) return reason.tag === tag;
  return reason.model !== undefined && reason.model === model;
}

function differencesOf(
  own: DeclaredOperation,
  { api, operationId, statuses, query, answer: model }: PublishedOperation,
  models: Readonly<Record<string, readonly string[]>>,
): readonly Difference[] {
  const differs = (text: string, more: Pick<Difference, 'model' | 'member'> = {}): Difference => ({
    ...more,
    api,
    operationId,
    text: `${api}: ${operationId} ${text}`,
  });
  const expected = model === undefined ? [] : (models[model] ?? []);
  const answered = own.answer ?? [];
  return [
    ...(own.operationId === operationId ? [] : [differs(`is called ${own.operationId}`, { member: 'operationId' })]),
    ...(statuses.includes(own.status)
      ? []
      : [differs(`answers ${String(own.status)}, which is not published`, { member: 'status' })]),
    ...query
      .filter((member) => !own.query.includes(member))
      .map((member) => differs(`does not read the query parameter ${member}`, { member })),
    ...own.query
      .filter((member) => !query.includes(member))
      .map((member) => differs(`reads the query parameter ${member}, which is not published`, { member })),
    ...answered
      .filter((member) => !expected.includes(member))
      .map((member) => differs(`answers ${member}, which ${model ?? 'no model'} does not have`, { model, member })),
    // Without a body its status says enough.
    ...expected
      .filter((member) => own.answer !== undefined && !answered.includes(member))
      .map((member) => differs(`does not answer ${member} of ${model ?? ''}`, { model, member })),
  ];
}

export function factsOf({ operationId, method, path, query, success }: Endpoint): DeclaredOperation {
  return {
    operationId,
    method,
    path,
    query: Object.keys(query?.shape ?? {}),
    status: success.status,
    ...(success.status === 204 ? {} : { answer: membersOf(success.body) }),
  };
}

/** Of an object; of a union, those of each of its choices. */
function membersOf(body: z.ZodType): readonly string[] {
  const schemas = createSchemas();
  const named = new Map<unknown, JsonSchema>();
  const members = (schema: unknown): readonly string[] => {
    if (!isMembers(schema)) return [];
    const { $ref, properties, anyOf, oneOf, allOf } = schema;
    const parts = [named.get($ref), anyOf, oneOf, allOf].flat();
    return [...(isMembers(properties) ? Object.keys(properties) : []), ...parts.flatMap(members)];
  };
  const schema = schemas.of(body, 'output');
  for (const [name, one] of schemas.named) named.set(`#/components/schemas/${name}`, one);
  return [...new Set(members(schema))];
}
