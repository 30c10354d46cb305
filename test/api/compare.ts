/** The platform's endpoints held against the published APIs: every difference is found, and none stays unexplained. */
import type { DeclaredBody, DeclaredObject, DeclaredOperation } from './declared.ts';

export interface PublishedOperation {
  readonly api: string;
  readonly tag: string;
  readonly operationId: string;
  readonly method: string;
  /** With parameters as in `/api/system/{tid}/client/{cid}`; what they are called does not matter. */
  readonly path: string;
  /** Of success and of errors. */
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
  /**
   * By API, model and member: the model of the object that the member is, or that its elements or values are. What is a list
   * by itself has its elements under no name.
   */
  readonly objects: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;
  /** The same of bodies, and of what stands in them: what more is published of their members. */
  readonly bodies: Readonly<Record<string, Readonly<Record<string, PublishedBody>>>>;
}

export interface PublishedBody {
  /** Names of the members that have to be sent. */
  readonly required?: readonly string[];
  /** By member: all that it may be; of a list, that its elements may be. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
}

/** Why the platform differs. Without a member it explains whole operations: those left out, or one of our own. */
export interface Explanation {
  /** Where several APIs have such an operation, model or group, and it is true of one. */
  readonly api?: string;
  /** One of the three. */
  readonly operationId?: string;
  /** Of an answer or a body: true of every operation that answers or reads it. */
  readonly model?: string;
  /** A group that is left out as a whole: once an operation of it is served, each of the others has to be explained. */
  readonly tag?: string;
  /** Of an answer or a query. */
  readonly member?: string;
  /**
   * Of a body: `name` is read by one side alone, `name!` refused by us, `name*` asked for by one side alone, and
   * `name=value` taken by one side alone; `body` is the whole. Alone it is true of every body.
   */
  readonly sent?: string;
  /** Of errors. Alone it is true of every operation that gives it without having published it, */
  readonly status?: number;
  /** or the other way round. */
  readonly isNever?: true;
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
  /** Reasons that let differences of served operations pass, each with all of them. */
  readonly passed: ReadonlyMap<string, readonly string[]>;
}

interface Difference {
  readonly api?: string;
  readonly operationId: string;
  readonly model?: string | undefined;
  /** Of an operation whose group is left out as a whole. */
  readonly tag?: string | undefined;
  readonly member?: string;
  readonly sent?: string;
  readonly status?: number;
  /** We do more than what is published. */
  readonly isOwn?: true;
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
  const passed = new Map<string, string[]>();
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

  const differences = published.operations.flatMap((one) => {
    const own = served.get(placeOf(one));
    return own === undefined ? [] : differencesOf(own, one, published);
  });
  for (const one of differences) {
    const reason = explained.find((candidate) => explains(candidate, one));
    if (reason !== undefined) passed.set(reason.why, [...(passed.get(reason.why) ?? []), one.text]);
  }

  return {
    missing: unexplained(unserved),
    left: unserved.flatMap((one) => {
      const reason = explained.find((candidate) => explains(candidate, one));
      return reason === undefined ? [] : [`${one.text}: ${reason.why}`];
    }),
    differing: unexplained(differences),
    passed,
    extra: unexplained(
      declared
        .filter((one) => !known.has(placeOf(one)))
        .map(({ operationId, method, path }) => ({ operationId, text: `${operationId} (${method} ${path})` })),
    ),
    idle: explained
      .filter((reason) => !used.has(reason))
      .map(({ api = 'any API', operationId, model, tag, member, sent, status, why }) =>
        [api, operationId, model, tag, member, sent, status, why].filter((part) => part !== undefined).join(': '),
      ),
  };
}

export const placeOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method} ${path.replaceAll(/\{[^}]*\}|:\w+/g, '{}')}`;

function explains(reason: Explanation, difference: Difference): boolean {
  const { api, operationId, model, tag, member, sent, status } = difference;
  if (reason.member !== member || reason.sent !== sent || reason.status !== status) return false;
  if (reason.api !== undefined && reason.api !== api) return false;
  if (reason.operationId !== undefined) return reason.operationId === operationId;
  if (reason.tag !== undefined) return reason.tag === tag;
  if (reason.model !== undefined) return reason.model === model;
  return sent !== undefined || (status !== undefined && difference.isOwn !== reason.isNever);
}

function differencesOf(
  own: DeclaredOperation,
  operation: PublishedOperation,
  { models, bodies, objects }: Published,
): readonly Difference[] {
  const { api, operationId, statuses, query, answer: model } = operation;
  const differs: Differs = (text, more = {}) => ({ ...more, api, operationId, text: `${api}: ${operationId} ${text}` });
  const expected = model === undefined ? [] : (models[api]?.[model] ?? []);
  const answered = own.answer ?? [];
  const errors = statuses.filter((status) => status >= 400);
  return [
    ...(own.operationId === operationId ? [] : [differs(`is called ${own.operationId}`, { member: 'operationId' })]),
    ...(statuses.includes(own.status)
      ? []
      : [differs(`answers ${String(own.status)}, which is not published`, { member: 'status' })]),
    ...errors
      .filter((status) => !own.refusals.includes(status))
      .map((status) => differs(`never answers ${String(status)}`, { status })),
    ...own.refusals
      .filter((status) => !errors.includes(status))
      .map((status) => differs(`may answer ${String(status)}, which is not published`, { status, isOwn: true })),
    ...query
      .filter((member) => !own.query.includes(member))
      .map((member) => differs(`does not read the query parameter ${member}`, { member })),
    ...own.query
      .filter((member) => !query.includes(member))
      .map((member) => differs(`reads the query parameter ${member}, which is not published`, { member })),
    ...bodyDifferencesOf(own.body, operation.body, differs, (name) => ({
      members: models[api]?.[name] ?? [],
      objects: objects[api]?.[name] ?? {},
      ...bodies[api]?.[name],
    })),
    ...answered
      .filter((member) => !expected.includes(member))
      .map((member) => differs(`answers ${member}, which ${model ?? 'no model'} does not have`, { model, member })),
    // Without a body its status says enough.
    ...expected
      .filter((member) => own.answer !== undefined && !answered.includes(member))
      .map((member) => differs(`does not answer ${member} of ${model ?? ''}`, { model, member })),
    ...(model === undefined
      ? []
      : answersBelow(own.answered ?? {}, model, differs, (name) => ({
          members: models[api]?.[name],
          objects: objects[api]?.[name] ?? {},
        }))),
  ];
}

/** Of the objects in an answer, however deep, as far as both sides say what they are made of. */
function answersBelow(
  answered: Readonly<Record<string, DeclaredObject>>,
  of: string,
  differs: Differs,
  find: (model: string) => {
    readonly members: readonly string[] | undefined;
    readonly objects: Readonly<Record<string, string>>;
  },
): readonly Difference[] {
  const { objects } = find(of);
  return Object.entries(answered).flatMap(([name, own]) => {
    const model = objects[name];
    if (model === undefined) return [];
    const { members } = find(model);
    if (members === undefined) return [differs(`answers ${model} as ${name} of ${of}, of which there are no facts`)];
    return [
      ...own.members
        .filter((member) => !members.includes(member))
        .map((member) => differs(`answers ${member}, which ${model} does not have`, { model, member })),
      ...members
        .filter((member) => !own.members.includes(member))
        .map((member) => differs(`does not answer ${member} of ${model}`, { model, member })),
      ...answersBelow(own.below ?? {}, model, differs, find),
    ];
  });
}

type Differs = (text: string, more?: Omit<Difference, 'api' | 'operationId' | 'text'>) => Difference;

function bodyDifferencesOf(
  own: DeclaredBody | undefined,
  model: string | undefined,
  differs: Differs,
  find: (
    model: string,
  ) => PublishedBody & { readonly members: readonly string[]; readonly objects: Readonly<Record<string, string>> },
): readonly Difference[] {
  if (own === undefined)
    return model === undefined ? [] : [differs(`reads no body, as ${model} is`, { model, sent: 'body' })];
  if (model === undefined) return [differs('reads a body, which is not published', { sent: 'body' })];
  const { members, objects, required = [], values = {} } = find(model);
  const without = (all: readonly string[], some: readonly string[]) => all.filter((one) => !some.includes(one));
  const read = members.filter((member) => own.members.includes(member));
  return [
    ...without(members, own.members).map((member) =>
      own.isClosed
        ? differs(`refuses ${member} of ${model}`, { model, sent: `${member}!` })
        : differs(`does not read ${member} of ${model}`, { model, sent: member }),
    ),
    ...without(own.members, members).map((member) =>
      differs(`reads ${member}, which ${model} does not have`, { model, sent: member }),
    ),
    ...without(own.required, required).map((member) =>
      differs(`asks for ${member}, which ${model} does not`, { model, sent: `${member}*` }),
    ),
    ...without(required, own.required)
      .filter((member) => read.includes(member))
      .map((member) => differs(`does not ask for ${member}, which ${model} does`, { model, sent: `${member}*` })),
    ...read.flatMap((member) => {
      const [taken, listed] = [own.values[member], values[member]];
      // Whatever it is, a text is taken; what becomes of it is not for a schema to say.
      if (taken === undefined || listed === undefined) return [];
      return [
        ...without(listed, taken).map((value) =>
          differs(`does not take ${value} as ${member} of ${model}`, { model, sent: `${member}=${value}` }),
        ),
        ...without(taken, listed).map((value) =>
          differs(`takes ${value} as ${member}, which ${model} does not`, { model, sent: `${member}=${value}` }),
        ),
      ];
    }),
    ...Object.entries(own.below ?? {}).flatMap(([member, object]) => {
      const below = objects[member];
      return below === undefined ? [] : bodyDifferencesOf(object, below, differs, find);
    }),
  ];
}
