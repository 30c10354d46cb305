/** Passkeys as browsers send them (WebAuthn Level 3 §5.1) and as the published APIs write them, by go-webauthn's names. */
import { z } from 'zod';
import type { GivenPasskey, Passkey } from './passkey.ts';
import { isPublicKey } from './public-key.ts';

/** Bytes as base64url, in the one spelling that they have; standard base64 is read as well, as some clients send it. */
const bytes = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[A-Za-z0-9_+/-]+={0,2}$/, 'must be base64url')
    .transform((text) => Buffer.from(text, 'base64').toString('base64url'));

/** §4, Credential ID: at most 1023 bytes. */
export const credentialIdBody = bytes(1368);
const word = z.string().min(1).max(32);

/** What `navigator.credentials.create` made. */
export const creationBody = z.object({
  id: credentialIdBody,
  rawId: credentialIdBody,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: bytes(4096),
    attestationObject: bytes(16_384),
    transports: z.array(word).max(8).default([]),
  }),
});
/** The same, with what browsers send along and nobody needs. */
export const creationSentBody = creationBody.extend({
  authenticatorAttachment: z.string().max(32).nullish(),
  clientExtensionResults: z.record(z.string().max(64), z.json()).nullish(),
});
export type CreationResponse = Readonly<z.output<typeof creationBody>>;

/** What `navigator.credentials.get` signed. */
export const assertionBody = z.object({
  id: credentialIdBody,
  rawId: credentialIdBody,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: bytes(4096),
    authenticatorData: bytes(2048),
    signature: bytes(2048),
    /** At most 64 bytes (§5.4.3). */
    userHandle: bytes(88).nullish(),
  }),
});
export type AssertionResponse = Readonly<z.output<typeof assertionBody>>;

/** The longest text of an answer that a form may bring. */
const longestAnswer = 8192;

/** @returns undefined for what is no such answer, whatever it is instead */
export function answerIn<Schema extends z.ZodType>(
  schema: Schema,
  text: string | undefined,
): z.output<Schema> | undefined {
  if (text === undefined || text.length > longestAnswer) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = schema.safeParse(json);
  return read.success ? read.data : undefined;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const bytesOfModel = (text: string): Buffer =>
  uuid.test(text) ? Buffer.from(text.replaceAll('-', ''), 'hex') : Buffer.from(text, 'base64');
const toUuid = (aaguid: string): string =>
  bytesOfModel(aaguid)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Sixteen bytes, which may be spelled as a UUID; zeros where the model is not told. */
const aaguid = z
  .string()
  .max(36)
  .transform((text) => (text === '' ? Buffer.alloc(16) : bytesOfModel(text)))
  .refine(({ length }) => length === 16, 'must have 16 bytes')
  .transform((model) => model.toString('base64url'));

export const nameBody = z.object({ name: z.string().min(1).max(128) });

/** A published Credential. What is left out of it is as of a plain passkey. */
export const credentialBody = z.object({
  id: credentialIdBody,
  publicKey: bytes(2732).refine(isPublicKey, 'must be a COSE key of ES256, EdDSA or RS256, base64url'),
  attestationType: z.string().max(32).default('none'),
  transport: z.array(word).max(8).nullish(),
  flags: z.object({ backupEligible: z.boolean().default(false), backupState: z.boolean().default(false) }).prefault({}),
  authenticator: z
    .object({ AAGUID: aaguid.prefault(''), signCount: z.int().min(0).max(0xff_ff_ff_ff).default(0) })
    .prefault({}),
  /** Ours. */
  name: z.string().max(128).default(''),
  userHandle: bytes(88).optional(),
});
export type GivenCredential = Readonly<z.output<typeof credentialBody>>;

export function givenPasskey({
  id,
  publicKey,
  attestationType,
  transport,
  flags,
  ...rest
}: GivenCredential): GivenPasskey {
  return {
    id,
    publicKey,
    counter: rest.authenticator.signCount,
    transports: transport ?? [],
    deviceType: flags.backupEligible ? 'multiDevice' : 'singleDevice',
    isBackedUp: flags.backupEligible && flags.backupState,
    aaguid: toUuid(rest.authenticator.AAGUID),
    name: rest.name,
    attestationType,
    userHandle: rest.userHandle,
  };
}

export const credentialAnswer = z.object({
  id: z.string(),
  publicKey: z.string(),
  attestationType: z.string(),
  transport: z.array(z.string()),
  flags: z.object({
    userPresent: z.boolean(),
    userVerified: z.boolean(),
    backupEligible: z.boolean(),
    backupState: z.boolean(),
  }),
  authenticator: z.object({ AAGUID: z.string(), signCount: z.int(), cloneWarning: z.boolean() }),
  name: z.string(),
  last_used_at: z.iso.datetime().optional(),
});

/** As published: without its handle, which only another deployment needs. */
export function toCredentialBody(passkey: Passkey): z.input<typeof credentialAnswer> {
  return {
    id: passkey.id,
    publicKey: passkey.publicKey,
    attestationType: passkey.attestationType,
    transport: [...passkey.transports],
    flags: {
      // No passkey is kept, and none counts, without both of these.
      userPresent: true,
      userVerified: true,
      backupEligible: passkey.deviceType === 'multiDevice',
      backupState: passkey.isBackedUp,
    },
    authenticator: {
      AAGUID: bytesOfModel(passkey.aaguid).toString('base64url'),
      signCount: passkey.counter,
      cloneWarning: false,
    },
    name: passkey.name,
    ...(passkey.lastUsedAt === undefined ? {} : { last_used_at: new Date(passkey.lastUsedAt).toISOString() }),
  };
}

/** With what would be of use to an attacker left out, as a person is shown to administrators. */
export function toBlurredCredential(passkey: Passkey): z.input<typeof credentialAnswer> {
  return { ...toCredentialBody(passkey), publicKey: '###' };
}
