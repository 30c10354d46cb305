/** Members of imported objects that nothing here keeps: named, so that nobody takes them for moved. */
import { z } from 'zod';
import type { Section } from './section.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** What a body reads: of an object its members, of a choice those of each. */
function membersIn({ properties = {}, anyOf = [], oneOf = [], allOf = [] }: Schema): readonly string[] {
  return [...Object.keys(properties), ...[...anyOf, ...oneOf, ...allOf].flatMap(membersIn)];
}

/** What says nothing is left out of nothing: generated clients send every member they know. */
function saysSomething(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false || value === 0) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** @returns finds the members of an object of this section that decide nothing and are not kept */
export function createUnkept<Stores>(): (section: Section<Stores>, item: unknown) => readonly string[] {
  const known = new Map<string, ReadonlySet<string>>();
  const knownOf = ({ member, body, placeMember }: Section<Stores>): ReadonlySet<string> => {
    const before = known.get(member);
    if (before !== undefined) return before;
    const schema: Schema = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' });
    const found = new Set([...membersIn(schema), placeMember, 'id', 'tenant_id']);
    known.set(member, found);
    return found;
  };
  return (section, item) => {
    if (typeof item !== 'object' || item === null) return [];
    const names = knownOf(section);
    return Object.entries(item).flatMap(([name, value]) => (names.has(name) || !saysSomething(value) ? [] : [name]));
  };
}
