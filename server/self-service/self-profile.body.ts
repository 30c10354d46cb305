/** A person's account as the published self-service calls show it to them. */
import { z } from 'zod';
import { passwordStates } from '../credentials/password/password.ts';
import { preferredMechanism, type Mechanism, type Pool } from '../pools/pool.ts';
import type { Schema } from '../schemas/schema.ts';
import { identifierTypes } from '../users/identifier.ts';
import type { UserDetails } from '../users/user-details.ts';
import { shownMembers } from '../users/own-payload.ts';

/** All that their account is shown from. */
export interface SelfProfile {
  readonly details: UserDetails;
  readonly pool: Pool;
  /** By which they can prove who they are, whatever the pool allows. */
  readonly ways: readonly Mechanism[];
  readonly schemas: { readonly payload: Schema; readonly metadata: Schema; readonly businessMetadata: Schema };
}

const members = z.record(z.string().max(255), z.json());
const time = z.iso.datetime();

/** One for each kind of credential there is. */
const mechanism = z.string().describe('password, otp, webauthn');

export const selfUserBody = z.object({ payload: members });

const selfMembers = {
  id: z.string(),
  identifiers: z.array(z.object({ type: z.enum(identifierTypes), identifier: z.string(), created_at: time })),
  verifiable_addresses: z.array(
    z.object({
      type: z.enum(['email', 'mobile']),
      address: z.string(),
      status: z.enum(['active', 'inactive']),
      verified: z.boolean(),
      verified_at: time.optional(),
      preferred_contact_method: z.enum(['sms', 'voice']).optional(),
      created_at: time,
      updated_at: time,
    }),
  ),
  payload: members,
  metadata: members.describe('what its schema declares and does not hide'),
  business_metadata: members.describe('what its schema declares and does not hide'),
};
export const selfUserAnswer = z.object(selfMembers);
export const selfUserAnswerV2 = z.object({
  ...selfMembers,
  payload_schema: members.describe('what it declares, and does not hide, the person may change'),
  credentials: z.array(
    z.object({
      id: z.string(),
      type: z.enum(['password', 'webauthn']),
      name: z.string().optional(),
      state: z.enum(passwordStates).optional(),
      expires_at: time.optional(),
      updated_at: time,
    }),
  ),
  allowed_authentication_mechanisms: z.array(mechanism).describe('what the pool lets people sign in with'),
  authentication_mechanisms: z.array(mechanism).describe('those of them that the person can sign in with now'),
  preferred_authentication_mechanism: mechanism,
});

const isoOf = (ms: number): string => new Date(ms).toISOString();

export function toSelfBody({ details, schemas }: SelfProfile): object {
  const { user, identifiers, addresses } = details;
  return {
    id: user.id,
    identifiers: identifiers.map(({ type, value, createdAt = user.createdAt }) => ({
      type,
      identifier: value,
      created_at: isoOf(createdAt),
    })),
    verifiable_addresses: addresses.map((one) => ({
      type: one.type,
      address: one.value,
      status: one.status,
      verified: one.verifiedAt !== undefined,
      ...(one.verifiedAt === undefined ? {} : { verified_at: isoOf(one.verifiedAt) }),
      ...(one.preferredContactMethod === undefined ? {} : { preferred_contact_method: one.preferredContactMethod }),
      created_at: isoOf(one.createdAt),
      updated_at: isoOf(one.updatedAt),
    })),
    payload: user.payload,
    metadata: shownMembers(schemas.metadata, user.metadata),
    business_metadata: shownMembers(schemas.businessMetadata, user.businessMetadata),
  };
}

export function toSelfBodyV2(profile: SelfProfile): object {
  const { details, pool, ways, schemas } = profile;
  return {
    ...toSelfBody(profile),
    payload_schema: schemas.payload.schema,
    credentials: credentialsOf(details),
    allowed_authentication_mechanisms: pool.authenticationMechanisms,
    authentication_mechanisms: pool.authenticationMechanisms.filter((one) => ways.includes(one)),
    preferred_authentication_mechanism: preferredMechanism(pool),
  };
}

/** What each is and when it changed: nothing that could be guessed at, or signed with. */
function credentialsOf({ user, password, passkeys }: UserDetails): readonly object[] {
  const known =
    password?.hash === undefined
      ? []
      : [
          {
            id: password.id,
            type: 'password',
            state: password.state,
            ...(password.expiresAt === undefined ? {} : { expires_at: isoOf(password.expiresAt) }),
            updated_at: isoOf(password.updatedAt ?? password.createdAt ?? user.createdAt),
          },
        ];
  return [
    ...known,
    ...passkeys.map(({ id, name, lastUsedAt, createdAt }) => ({
      id,
      type: 'webauthn',
      ...(name === '' ? {} : { name }),
      updated_at: isoOf(lastUsedAt ?? createdAt),
    })),
  ];
}
