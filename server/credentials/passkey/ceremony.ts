/** The two ceremonies of WebAuthn Level 3, registration (§7.1) and authentication (§7.2), without anything that is stored. */
import { createHash } from 'node:crypto';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { decodeAttestationObject, isoCBOR } from '@simplewebauthn/server/helpers';
import { z } from 'zod';
import { algorithms, isPublicKey } from './public-key.ts';
import type { Allowed } from './disguise.ts';
import type { AssertionResponse, CreationResponse } from './passkey.body.ts';
import type { GivenPasskey } from './passkey.ts';

/** For whom passkeys are made: a tenant, by the origin it stands at. */
export interface RelyingParty {
  /** Its host (§4, Relying Party Identifier). */
  readonly id: string;
  readonly origin: string;
  readonly name: string;
}

export function relyingPartyAt(origin: string, name: string): RelyingParty {
  return { id: new URL(origin).hostname, origin, name };
}

/** How long a person may take, as the specification recommends where they verify themselves (§15.1). Milliseconds. */
export const ceremonyMs = 5 * 60_000;

/** The challenge of a page: bound to its nonce, and kept nowhere. @param purpose so that one is no answer to another */
export function challengeFor(purpose: 'create' | 'get', nonce: string): string {
  return createHash('sha256').update(`passkey ${purpose}\n${nonce}`).digest('base64url');
}

export interface CreationQuestion {
  readonly party: RelyingParty;
  /** Base64url. */
  readonly challenge: string;
  /** `handle` is base64url, of at most 64 bytes. */
  readonly user: { readonly handle: string; readonly name: string; readonly displayName: string };
  /** Those of the same person: an authenticator makes no second one. */
  readonly known: readonly Allowed[];
}

export function creationOptions({
  party,
  challenge,
  user,
  known,
}: CreationQuestion): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return generateRegistrationOptions({
    rpName: party.name,
    rpID: party.id,
    userID: new Uint8Array(Buffer.from(user.handle, 'base64url')),
    userName: user.name,
    userDisplayName: user.displayName,
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    timeout: ceremonyMs,
    attestationType: 'none',
    excludeCredentials: known.map(toDescriptor),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: [...algorithms],
  });
}

/** @param allowed none for whichever passkey its person chooses */
export function requestOptions(
  party: Pick<RelyingParty, 'id'>,
  challenge: string,
  allowed: readonly Allowed[],
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return generateAuthenticationOptions({
    rpID: party.id,
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    timeout: ceremonyMs,
    userVerification: 'required',
    allowCredentials: allowed.map(toDescriptor),
  });
}

const toDescriptor = ({ id, transports }: Allowed) => ({ id, transports: [...transports] });

const clientData = z.object({ challenge: z.string().max(256), crossOrigin: z.boolean().optional() });

/** The challenge that an answer says it answers. @returns undefined for what cannot be read, or comes out of a frame */
export function challengeIn({
  response,
}: {
  readonly response: { readonly clientDataJSON: string };
}): string | undefined {
  try {
    const read = clientData.parse(JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString()));
    return read.crossOrigin === true ? undefined : read.challenge;
  } catch {
    return undefined;
  }
}

/**
 * Verifies what an authenticator made. Its statement about itself is not read: nobody asked for one, and certificates in
 * it would be looked up where they say.
 * @returns undefined for anything that is not right
 */
export async function verifyCreation(
  { id: rpId, origin }: RelyingParty,
  challenge: string,
  response: CreationResponse,
): Promise<Omit<GivenPasskey, 'userHandle'> | undefined> {
  if (challengeIn(response) !== challenge) return undefined;
  try {
    const { transports } = response.response;
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        ...response,
        clientExtensionResults: {},
        response: {
          clientDataJSON: response.response.clientDataJSON,
          attestationObject: withoutStatement(response.response.attestationObject),
        },
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      supportedAlgorithmIDs: [...algorithms],
    });
    if (!verified) return undefined;
    const { credential, credentialDeviceType, credentialBackedUp, aaguid } = registrationInfo;
    const publicKey = Buffer.from(credential.publicKey).toString('base64url');
    const isSound = credential.id === response.id && Buffer.from(credential.id, 'base64url').length <= 1023;
    if (!isSound || !isPublicKey(publicKey)) return undefined;
    return {
      id: credential.id,
      publicKey,
      counter: credential.counter,
      transports,
      deviceType: credentialDeviceType,
      isBackedUp: credentialBackedUp,
      aaguid,
      name: '',
      attestationType: 'none',
    };
  } catch {
    return undefined;
  }
}

function withoutStatement(attestationObject: string): string {
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
  const none = new Map<string, string | Uint8Array | Map<string, string>>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', decoded.get('authData')],
  ]);
  return Buffer.from(isoCBOR.encode(none)).toString('base64url');
}

/** What an authenticator says when it was right. */
export interface Signed {
  readonly counter: number;
  readonly isBackedUp: boolean;
}

/**
 * Verifies what an authenticator signed. Counters are not compared: what they say counts for something only once the
 * signature is right.
 * @param publicKey COSE_Key, base64url
 * @returns undefined for anything that is not right
 */
export async function verifyAssertion(
  { id: rpId, origin }: Pick<RelyingParty, 'id' | 'origin'>,
  challenge: string,
  response: AssertionResponse,
  publicKey: string,
): Promise<Signed | undefined> {
  if (challengeIn(response) !== challenge) return undefined;
  try {
    const { clientDataJSON, authenticatorData, signature } = response.response;
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...response,
        clientExtensionResults: {},
        response: { clientDataJSON, authenticatorData, signature },
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      credential: { id: response.id, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')), counter: 0 },
      requireUserVerification: true,
    });
    if (!verified) return undefined;
    return { counter: authenticationInfo.newCounter, isBackedUp: authenticationInfo.credentialBackedUp };
  } catch {
    return undefined;
  }
}
