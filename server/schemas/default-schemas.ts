/** The two schemas that every tenant has: a person as OpenID Connect describes one, and metadata of any shape. */
import { schemaId, type SchemaId, type TenantId } from '../kernel/ids.ts';
import type { Schema } from './schema.ts';

const text = (description: string) => ({ type: 'string', description });

/** OpenID Connect Core §5.1, but for what the platform says itself (`sub`, `updated_at`). Others may stand beside them. */
const payload = {
  type: 'object',
  properties: {
    name: text('Full name'),
    given_name: text('Given name'),
    family_name: text('Family name'),
    middle_name: text('Middle name'),
    nickname: text('Casual name'),
    preferred_username: text('Name to be called by'),
    profile: text('Address of the profile page'),
    picture: text('Address of the profile picture'),
    website: text('Address of the home page'),
    gender: text('Gender'),
    birthdate: text('Birthday, as YYYY-MM-DD'),
    zoneinfo: text('Time zone, such as Europe/Paris'),
    locale: text('Language, such as en-GB'),
    email: text('E-mail address'),
    email_verified: { type: 'boolean', description: 'Whether the e-mail address was verified' },
    phone_number: text('Phone number'),
    phone_number_verified: { type: 'boolean', description: 'Whether the phone number was verified' },
    address: {
      type: 'object',
      properties: {
        formatted: text('Full address'),
        street_address: text('Street and number'),
        locality: text('City'),
        region: text('State or region'),
        postal_code: text('Postal code'),
        country: text('Country'),
      },
    },
  },
};

const of = (id: string, name: string, description: string, schema: Schema['schema']) => ({
  id: schemaId(id),
  name,
  description,
  schema,
  isSystem: true,
  createdAt: 0,
  updatedAt: 0,
});

const defaults: readonly Omit<Schema, 'tenantId'>[] = [
  of('metadata_v0', 'default_metadata', 'Anything.', { type: 'object' }),
  of('user_v0', 'default_payload', 'A person, as OpenID Connect describes one.', payload),
];

export function defaultSchemas(tenantId: TenantId): readonly Schema[] {
  return defaults.map((one) => ({ tenantId, ...one }));
}

export function isDefaultSchema(id: SchemaId): boolean {
  return defaults.some((one) => one.id === id);
}
