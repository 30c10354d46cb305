/** Members and values of imported objects that nothing here keeps, however deep: named, so that nobody takes them for moved. */
import { z } from 'zod';
import { unservedMark } from '../http/unserved.ts';
import { saysSomething } from '../kernel/absent.ts';
import type { Section } from './section.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly additionalProperties?: unknown;
  readonly [unservedMark]?: unknown;
}

type Item = Readonly<Record<string, unknown>>;

/** Of one object; what has so many members that are not kept is named by these. */
const mostNamed = 100;
const longestName = 64;

/** Whether a choice is of another kind, as the member says that tells them apart. */
function isOfAnotherKind({ properties = {} }: Schema, item: Item): boolean {
  return Object.entries(properties).some(([name, one]) => one.const !== undefined && one.const !== item[name]);
}

const choicesIn = ({ anyOf = [], oneOf = [] }: Schema): readonly Schema[] => [...anyOf, ...oneOf];

/** What a body reads of the item, by name: of an object its members, of a choice those of its kind. */
function membersIn(schema: Schema, item: Item): readonly (readonly [string, Schema])[] {
  const own = Object.entries(schema.properties ?? {}).filter(([, one]) => one[unservedMark] !== true);
  const choices = choicesIn(schema).filter((one) => !isOfAnotherKind(one, item));
  return [...own, ...[...choices, ...(schema.allOf ?? [])].flatMap((one) => membersIn(one, item))];
}

/** Whether it says which members there are. One that does not keeps whatever comes. */
const isObject = (schema: Schema): boolean =>
  (schema.properties !== undefined && (schema.additionalProperties ?? false) === false) ||
  [...choicesIn(schema), ...(schema.allOf ?? [])].some(isObject);

function* unkeptIn(schemas: readonly Schema[], value: unknown, path: string): Generator<string> {
  if (Array.isArray(value)) {
    const items = schemas.flatMap((one) => [one, ...choicesIn(one)]).flatMap(({ items: own }) => own ?? []);
    if (items.length > 0) for (const one of value) yield* unkeptIn(items, one, path);
    return;
  }
  if (typeof value !== 'object' || value === null || !schemas.every(isObject)) return;
  const item: Item = { ...value };
  const known = new Map<string, Schema[]>();
  for (const [name, schema] of schemas.flatMap((one) => membersIn(one, item)))
    known.set(name, [...(known.get(name) ?? []), schema]);
  for (const [name, one] of Object.entries(item)) {
    if (!saysSomething(one)) continue;
    const below = known.get(name);
    const place = `${path}${name.slice(0, longestName)}`;
    if (below === undefined) yield place;
    else yield* unkeptIn(below, one, `${place}/`);
  }
}

/** @returns finds the members of an object of this section, and values of its lists, that decide nothing and are not kept, each once */
export function createUnkept<Stores>(): (section: Section<Stores>, item: unknown) => readonly string[] {
  const known = new Map<string, Schema>();
  const schemaOf = ({ member, body, placeMember }: Section<Stores>): Schema => {
    const before = known.get(member);
    if (before !== undefined) return before;
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- of the schemas made of bodies, this is what is read
    const read = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) as Schema;
    // Where an object belongs is said by it, or by the path.
    const schema = { allOf: [read, { properties: { [placeMember]: {}, id: {}, tenant_id: {} } }] };
    known.set(member, schema);
    return schema;
  };
  return (section, item) => {
    const names = new Set<string>();
    for (const name of unkeptIn([schemaOf(section)], item, '')) {
      if (section.keeps?.(name) === true) continue;
      names.add(name);
      if (names.size >= mostNamed) break;
    }
    for (const value of section.valuesLeftOut?.(item).slice(0, mostNamed) ?? []) names.add(value.slice(0, longestName));
    return [...names];
  };
}
