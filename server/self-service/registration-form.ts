/** What a registration asks beside an address: what the pool's schema requires of everybody, as fields of a form. */
import { z } from 'zod';
import type { Schema } from '../schemas/schema.ts';
import { claimsCalled, type RegistrationField } from '../themes/registration-field.ts';

type Payload = Readonly<Record<string, unknown>>;

/** A field, and what its text becomes in the payload. */
export interface AskedMember extends Omit<RegistrationField, 'field' | 'value' | 'isFaulty'> {
  readonly holds: 'text' | 'number' | 'truth';
}

/** A page asks no more; a schema that requires more is filled in by whoever runs the pool. */
const mostFields = 20;
const mostChoices = 100;
const longestText = 2048;

/** What the address says, or nobody says of themselves (OIDC Core §5.1). */
const notAsked = new Set(['email', 'email_verified', 'phone_number', 'phone_number_verified', 'sub', 'updated_at']);

/** Asked, but not insisted on, where a schema describes people and requires nothing. */
const usual = 'name';

const property = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  title: z.string().max(200).optional().catch(undefined),
  description: z.string().max(500).optional().catch(undefined),
  format: z.string().optional().catch(undefined),
  hidden: z.boolean().optional().catch(undefined),
  maxLength: z.int().min(1).optional().catch(undefined),
  enum: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .max(mostChoices)
    .optional()
    .catch(undefined),
});

const inputs: Readonly<Record<string, RegistrationField['input']>> = {
  date: 'date',
  email: 'email',
  uri: 'url',
};

/** How browsers name what they may fill in (HTML §4.10.18.7), by the claim that asks for it. */
const autocompletes: Readonly<Record<string, string>> = {
  name: 'name',
  given_name: 'given-name',
  family_name: 'family-name',
  middle_name: 'additional-name',
  nickname: 'nickname',
  preferred_username: 'nickname',
  birthdate: 'bday',
  website: 'url',
  organization: 'organization',
};

/**
 * @returns the members that the schema requires and a person can say in one field, in its order; where one cannot be
 *   said so, it is left out, and the payload does not fit
 */
export function membersAsked({ schema }: Pick<Schema, 'schema'>): readonly AskedMember[] {
  const required = z.array(z.string()).catch([]).parse(schema['required']);
  const wanted = required.filter((name) => !notAsked.has(name));
  const names = wanted.length === 0 ? [usual] : [...new Set(wanted)];
  const properties = z.record(z.string(), z.unknown()).catch({}).parse(schema['properties']);
  return names.slice(0, mostFields).flatMap((name) => {
    const described = Object.hasOwn(properties, name) ? property.safeParse(properties[name]) : undefined;
    const member = described?.success === true ? memberOf(name, described.data) : undefined;
    return member === undefined ? [] : [{ ...member, isRequired: wanted.length > 0 }];
  });
}

function memberOf(name: string, described: z.output<typeof property>): Omit<AskedMember, 'isRequired'> | undefined {
  const { title, description, format, hidden, maxLength, enum: choices } = described;
  if (hidden === true || name.length > 64) return undefined;
  const type = [described.type].flat().find((one) => one !== 'null') ?? 'string';
  const base = {
    name,
    claim: title === undefined ? claimsCalled.find((claim) => claim === name) : undefined,
    description: title === undefined ? undefined : description,
    autocomplete: autocompletes[name] ?? 'off',
    maxLength: Math.min(maxLength ?? longestText, longestText),
  };
  // Without a title, the description is what it is called: the schema that every tenant has says it so.
  const named = { ...base, title: title ?? description ?? wordsOf(name) };
  if (choices !== undefined) {
    const holds = choices.every((one) => typeof one === 'number') ? 'number' : 'text';
    return { ...named, input: 'choice', choices: choices.map(String), holds };
  }
  switch (type) {
    case 'string':
      return { ...named, input: inputs[format ?? ''] ?? 'text', holds: 'text' };
    case 'integer':
    case 'number':
      return { ...named, input: 'number', holds: 'number' };
    case 'boolean':
      return { ...named, input: 'yes', holds: 'truth' };
    default:
      return undefined;
  }
}

const wordsOf = (name: string): string => {
  const words = name.replaceAll(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** Fields of the members are posted as these. */
export const fieldNameOf = (member: string): string => `payload.${member}`;

/** Texts of the fields that were sent, by their members; a box that is not ticked is not sent. */
export function textsIn(members: readonly AskedMember[], body: unknown): ReadonlyMap<string, string> {
  const sent = z.record(z.string(), z.unknown()).catch({}).parse(body);
  return new Map(
    members.map(({ name, holds, maxLength }) => {
      const text = Object.hasOwn(sent, fieldNameOf(name)) ? sent[fieldNameOf(name)] : undefined;
      const limit = holds === 'text' ? maxLength : 64;
      return [name, typeof text === 'string' ? text.trim().slice(0, limit) : ''];
    }),
  );
}

/** What is left empty is not said; what is no number stays a text, which its schema refuses. */
export function payloadFrom(members: readonly AskedMember[], texts: ReadonlyMap<string, string>): Payload {
  return Object.fromEntries(
    members.flatMap(({ name, holds }): [string, unknown][] => {
      const text = texts.get(name) ?? '';
      if (holds === 'truth') return [[name, text !== '']];
      if (text === '') return [];
      const number = Number(text);
      return [[name, holds === 'number' && Number.isFinite(number) ? number : text]];
    }),
  );
}

/** As a page shows them. @param faulty members that were refused */
export function fieldsShown(
  members: readonly AskedMember[],
  texts: ReadonlyMap<string, string>,
  faulty: readonly string[],
): readonly RegistrationField[] {
  return members.map(({ holds: _holds, ...member }) => ({
    ...member,
    field: fieldNameOf(member.name),
    value: texts.get(member.name) ?? '',
    isFaulty: faulty.includes(member.name),
  }));
}
