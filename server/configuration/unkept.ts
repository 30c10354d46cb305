/** Members of imported objects that nothing here keeps: named, so that nobody takes them for moved. */
import { z } from 'zod';
import type { Section } from './section.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

type Item = Readonly<Record<string, unknown>>;

/** Whether a choice is of another kind, as the member says that tells them apart. */
function isOfAnotherKind({ properties = {} }: Schema, item: Item): boolean {
  return Object.entries(properties).some(([name, one]) => one.const !== undefined && one.const !== item[name]);
}

/** What a body reads of the item: of an object its members, of a choice those of its kind. */
function membersIn({ properties = {}, anyOf = [], oneOf = [], allOf = [] }: Schema, item: Item): readonly string[] {
  const choices = [...anyOf, ...oneOf].filter((one) => !isOfAnotherKind(one, item));
  return [...Object.keys(properties), ...[...choices, ...allOf].flatMap((one) => membersIn(one, item))];
}

/** What says nothing is left out of nothing: generated clients send every member they know. */
function saysSomething(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false || value === 0) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** @returns finds the members of an object of this section that decide nothing and are not kept */
export function createUnkept<Stores>(): (section: Section<Stores>, item: unknown) => readonly string[] {
  const known = new Map<string, Schema>();
  const schemaOf = ({ member, body }: Section<Stores>): Schema => {
    const before = known.get(member);
    if (before !== undefined) return before;
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- of the schemas made of bodies, this is what is read
    const schema = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) as Schema;
    known.set(member, schema);
    return schema;
  };
  return (section, item) => {
    if (typeof item !== 'object' || item === null) return [];
    const names = new Set([...membersIn(schemaOf(section), { ...item }), section.placeMember, 'id', 'tenant_id']);
    return Object.entries(item).flatMap(([name, value]) => (names.has(name) || !saysSomething(value) ? [] : [name]));
  };
}
