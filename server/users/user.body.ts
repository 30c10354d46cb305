/** People of a pool as the published APIs write them. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  credentialAnswer as passkeyAnswer,
  credentialBody as passkeyBody,
  givenPasskey,
  toBlurredCredential,
} from '../credentials/passkey/passkey.body.ts';
import { mostPasskeys } from '../credentials/passkey/passkey.ts';
import { passwordStates } from '../credentials/password/password.ts';
import { schemaId } from '../kernel/ids.ts';
import type { Pool } from '../pools/pool.ts';
import type { VerifiableAddress } from './address.ts';
import { identifierTypes, type Identifier } from './identifier.ts';
import type { NewAddress } from './person-change.ts';
import type { UserDetails } from './user-details.ts';
import type { NewUser } from './user.service.ts';
import { userStatuses, type User, type UserSchemas } from './user.ts';

const members = z.record(z.string().max(255), z.json());
const schema = z.string().min(1).max(64).optional();
const schemas = { payload_schema_id: schema, metadata_schema_id: schema, business_metadata_schema_id: schema };
const known = { payload: members.optional(), metadata: members.optional(), business_metadata: members.optional() };
const contact = z
  .enum(['sms', 'voice'])
  .optional()
  .describe('kept and answered; messages to a phone are texts, also where it says voice: nobody is called');
const addressStatus = z.enum(['active', 'inactive']);

export const identifierBody = z.object({
  type: z.enum(identifierTypes),
  identifier: z.string().min(1).max(320),
  metadata: members.optional(),
});
export const identifierNameBody = z.object({ identifier: z.string().min(1).max(320) });

export const addressBody = z.object({
  type: z.enum(['email', 'mobile']),
  address: z.string().min(1).max(320),
  verified: z.boolean(),
  status: addressStatus.default('active'),
  preferred_contact_method: contact,
  metadata: members.default({}),
});
export const addressChangeBody = z.object({
  address: z.string().min(1).max(320),
  verified: z.boolean(),
  status: addressStatus,
  preferred_contact_method: contact,
  metadata: members.optional(),
});
export const addressNameBody = z.object({ address: z.string().min(1).max(320) });

const passwordGiven = z
  .object({
    type: z.literal('password'),
    password: z.string().min(1).max(1024).optional(),
    must_be_changed: z.boolean().default(false),
    must_be_reset: z.boolean().default(false).describe('takes precedence over must_be_changed'),
    expires_at: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(({ password, expires_at: end }) => password !== undefined || end !== undefined, {
    path: ['password'],
    message: 'must be given, unless expires_at is in the past: the person then sets their first one after a code',
  })
  .describe('a password in clear; only its hash is kept');
const passkeysGiven = z
  .object({ type: z.literal('webauthn'), webauthn_credentials: z.array(passkeyBody).min(1).max(mostPasskeys) })
  .describe('passkeys that another system has verified');
const credential = z.discriminatedUnion('type', [passwordGiven, passkeysGiven], 'must be of type password or webauthn');

export const newUserBody = z.object({
  id: z.string().max(64).optional(),
  status: z.enum(userStatuses),
  ...known,
  ...schemas,
  identifiers: z.array(identifierBody).max(50).default([]),
  verifiable_addresses: z.array(addressBody).max(50).default([]),
  credentials: z
    .array(credential)
    .refine((all) => new Set(all.map(({ type }) => type)).size === all.length, 'must hold each type once')
    .default([]),
});
export const userChangeBody = z.object({ status: z.enum(userStatuses).optional(), ...known, ...schemas });

/** What a body says of the credentials of a new person. */
export function credentialsIn({
  credentials,
}: Pick<z.output<typeof newUserBody>, 'credentials'>): Pick<
  NewUser,
  'password' | 'passwordState' | 'passwordExpiresAt' | 'passkeys'
> {
  const given = credentials.find((one) => one.type === 'password');
  const passkeys = credentials.flatMap((one) => (one.type === 'webauthn' ? one.webauthn_credentials : []));
  return { ...passwordIn(given), passkeys: passkeys.map(givenPasskey) };
}

function passwordIn(given: z.output<typeof passwordGiven> | undefined) {
  if (given === undefined) return {};
  const { password, must_be_changed: isToChange, must_be_reset: isToReset, expires_at: end } = given;
  return {
    ...(password === undefined ? {} : { password }),
    passwordState: isToReset ? 'must_be_reset' : isToChange ? 'must_be_changed' : 'valid',
    ...(end === undefined ? {} : { passwordExpiresAt: Date.parse(end) }),
  } as const;
}

export function schemasIn(body: z.output<typeof userChangeBody>): UserSchemas {
  const { payload_schema_id: payload, metadata_schema_id: metadata, business_metadata_schema_id: business } = body;
  return {
    ...(payload === undefined ? {} : { payload: schemaId(payload) }),
    ...(metadata === undefined ? {} : { metadata: schemaId(metadata) }),
    ...(business === undefined ? {} : { businessMetadata: schemaId(business) }),
  };
}

export function addressGiven({
  address: value,
  verified: isVerified,
  preferred_contact_method,
  ...rest
}: z.output<typeof addressBody>): NewAddress {
  return { ...rest, value, isVerified, preferredContactMethod: preferred_contact_method };
}

const time = z.iso.datetime();
const place = { id: z.string(), tenant_id: z.string(), user_pool_id: z.string(), user_id: z.string() };
const times = { created_at: time, updated_at: time };

export const identifierAnswer = z.object({
  ...place,
  type: z.enum(identifierTypes),
  identifier: z.string(),
  identifier_lc: z.string(),
  metadata: members,
  ...times,
});
export const addressAnswer = z.object({
  ...place,
  type: z.enum(['email', 'mobile']),
  address: z.string(),
  address_lc: z.string(),
  verified: z.boolean(),
  verified_at: time.optional(),
  status: addressStatus,
  preferred_contact_method: contact,
  metadata: members,
  ...times,
});
const credentialAnswer = z.union([
  z.object({
    ...place,
    type: z.literal('password'),
    payload: z.object({ hashed_password: z.literal('###') }),
    state: z.enum(passwordStates),
    expires_at: time.optional(),
    ...times,
  }),
  z.object({ ...place, type: z.literal('webauthn'), payload: passkeyAnswer, ...times }),
]);
const userMembers = {
  id: z.string(),
  tenant_id: z.string(),
  user_pool_id: z.string(),
  status: z.enum(userStatuses),
  status_updated_at: time,
  payload: members,
  payload_schema_id: z.string(),
  metadata: members,
  metadata_schema_id: z.string(),
  business_metadata: members,
  business_metadata_schema_id: z.string(),
  ...times,
};
export const userAnswer = z.object({
  ...userMembers,
  identifiers: z.array(identifierAnswer),
  verifiable_addresses: z.array(addressAnswer),
  credentials: z.array(credentialAnswer),
});
export const listedUserAnswer = z.object({
  ...userMembers,
  identifiers: z.array(z.string()),
  identifiers_with_details: z.array(z.object({ type: z.enum(identifierTypes), value: z.string() })),
  addresses: z.array(z.object({ address: z.string(), verified: z.boolean() })),
  'verified addresses': z.array(z.string()),
});

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** Of what has no id of its own: the same whenever it is shown. */
function derivedId({ tenantId, poolId, id }: User, kind: string, normalized: string): string {
  return createHash('sha256')
    .update(JSON.stringify([tenantId, poolId, id, kind, normalized]))
    .digest('hex')
    .slice(0, 32);
}

export function toIdentifierBody(user: User, one: Identifier): z.input<typeof identifierAnswer> {
  const at = isoOf(one.createdAt ?? user.createdAt);
  return {
    id: derivedId(user, 'identifier', one.normalized),
    tenant_id: user.tenantId,
    user_pool_id: user.poolId,
    user_id: user.id,
    type: one.type,
    identifier: one.value,
    identifier_lc: one.value.toLowerCase(),
    metadata: members.parse(one.metadata ?? {}),
    created_at: at,
    updated_at: at,
  };
}

export function toAddressBody(user: User, one: VerifiableAddress): z.input<typeof addressAnswer> {
  return {
    id: derivedId(user, 'address', one.normalized),
    tenant_id: user.tenantId,
    user_pool_id: user.poolId,
    user_id: user.id,
    type: one.type,
    address: one.value,
    address_lc: one.value.toLowerCase(),
    verified: one.verifiedAt !== undefined,
    ...(one.verifiedAt === undefined ? {} : { verified_at: isoOf(one.verifiedAt) }),
    status: one.status,
    ...(one.preferredContactMethod === undefined ? {} : { preferred_contact_method: one.preferredContactMethod }),
    metadata: members.parse(one.metadata),
    created_at: isoOf(one.createdAt),
    updated_at: isoOf(one.updatedAt),
  };
}

const membersOf = (user: User, { settings }: Pool) => ({
  id: user.id,
  tenant_id: user.tenantId,
  user_pool_id: user.poolId,
  status: user.status,
  status_updated_at: isoOf(user.statusUpdatedAt),
  payload: user.payload,
  payload_schema_id: user.schemas.payload ?? settings.payload_schema_id,
  metadata: user.metadata,
  metadata_schema_id: user.schemas.metadata ?? settings.metadata_schema_id,
  business_metadata: user.businessMetadata,
  business_metadata_schema_id: user.schemas.businessMetadata ?? settings.business_metadata_schema_id,
  created_at: isoOf(user.createdAt),
  updated_at: isoOf(user.updatedAt),
});

/** With credentials blurred, as published. */
export function toUserBody({ user, identifiers, addresses, ...credentials }: UserDetails, pool: Pool): object {
  return {
    ...membersOf(user, pool),
    identifiers: identifiers.map((one) => toIdentifierBody(user, one)),
    verifiable_addresses: addresses.map((one) => toAddressBody(user, one)),
    credentials: blurred(user, credentials),
  };
}

function blurred(user: User, { password, passkeys }: Pick<UserDetails, 'password' | 'passkeys'>): readonly object[] {
  const whose = { tenant_id: user.tenantId, user_pool_id: user.poolId, user_id: user.id };
  const { expiresAt, createdAt = user.createdAt } = password ?? {};
  const known = password && {
    id: password.id,
    ...whose,
    type: 'password',
    payload: { hashed_password: '###' },
    state: password.state,
    ...(expiresAt === undefined ? {} : { expires_at: isoOf(expiresAt) }),
    created_at: isoOf(createdAt),
    updated_at: isoOf(password.updatedAt ?? createdAt),
  };
  return [
    ...(known === undefined ? [] : [known]),
    ...passkeys.map((one) => ({
      id: one.id,
      ...whose,
      type: 'webauthn',
      payload: toBlurredCredential(one),
      created_at: isoOf(one.createdAt),
      updated_at: isoOf(one.lastUsedAt ?? one.createdAt),
    })),
  ];
}

export function toListedUserBody(
  { user, identifiers, addresses }: Omit<UserDetails, 'password' | 'passkeys'>,
  pool: Pool,
): object {
  return {
    ...membersOf(user, pool),
    identifiers: identifiers.map(({ value }) => value),
    identifiers_with_details: identifiers.map(({ type, value }) => ({ type, value })),
    addresses: addresses.map(({ value, verifiedAt }) => ({ address: value, verified: verifiedAt !== undefined })),
    'verified addresses': addresses.flatMap(({ value, verifiedAt }) => (verifiedAt === undefined ? [] : [value])),
  };
}
