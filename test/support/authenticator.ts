/** An authenticator in software: makes passkeys and signs with them as WebAuthn says, and wrongly where a test asks for it. */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { z } from 'zod';

type Cbor = Parameters<typeof isoCBOR.encode>[0];

/** Where a browser stands, and what it and its authenticator do otherwise than they should. */
export interface Behaviour {
  /** The origin of the page, as a browser would write it. */
  readonly origin: string;
  /** Signs for another relying party than the origin's host. */
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly isVerified?: boolean;
  readonly isPresent?: boolean;
  readonly crossOrigin?: boolean;
  /** Base64url; null says none. */
  readonly userHandle?: string | null;
  readonly counter?: number;
  /** Breaks the signature. */
  readonly isTampered?: boolean;
  /** Registration: a statement about the authenticator, in place of none. */
  readonly statement?: { readonly fmt: string; readonly attStmt: Map<string, Cbor> };
}

export type Algorithm = 'ES256' | 'EdDSA' | 'RS256';

const creation = z.object({
  challenge: z.string(),
  user: z.object({ id: z.string() }),
  pubKeyCredParams: z.array(z.object({ alg: z.int() })),
  excludeCredentials: z.array(z.object({ id: z.string() })),
});
const request = z.object({
  challenge: z.string(),
  allowCredentials: z.array(z.object({ id: z.string() })).default([]),
});

const bytes = (text: string | undefined): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(text ?? '', 'base64url'));
const text = (of: Uint8Array): string => Buffer.from(of).toString('base64url');

function keyPair(algorithm: Algorithm): { readonly privateKey: KeyObject; readonly cose: Map<number, Cbor> } {
  switch (algorithm) {
    case 'ES256': {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { x, y } = publicKey.export({ format: 'jwk' });
      const cose = new Map<number, Cbor>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytes(x)],
        [-3, bytes(y)],
      ]);
      return { privateKey, cose };
    }
    case 'EdDSA': {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const { x } = publicKey.export({ format: 'jwk' });
      return {
        privateKey,
        cose: new Map<number, Cbor>([
          [1, 1],
          [3, -8],
          [-1, 6],
          [-2, bytes(x)],
        ]),
      };
    }
    case 'RS256': {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const { n, e } = publicKey.export({ format: 'jwk' });
      return {
        privateKey,
        cose: new Map<number, Cbor>([
          [1, 3],
          [3, -257],
          [-1, bytes(n)],
          [-2, bytes(e)],
        ]),
      };
    }
  }
}

/** One passkey on it. */
export interface HeldPasskey {
  readonly id: string;
  readonly userHandle: string;
  readonly privateKey: KeyObject;
  readonly algorithm: Algorithm;
}

export interface Authenticator {
  readonly held: HeldPasskey[];
  /** Answers `navigator.credentials.create`. @param options its `publicKey`, as JSON */
  create(options: unknown, behaviour: Behaviour, algorithm?: Algorithm): CreatedCredential;
  /** Answers `navigator.credentials.get` with the newest passkey that is allowed. */
  get(options: unknown, behaviour: Behaviour): SignedCredential;
  /** A copy that has come as far as this one, and goes its own way from then on. */
  clone(): Authenticator;
}

export interface CreatedCredential {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly response: { clientDataJSON: string; attestationObject: string; transports: string[] };
}
export interface SignedCredential {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly response: {
    clientDataJSON: string;
    authenticatorData: string;
    signature: string;
    userHandle: string | null;
  };
}

/** @param start its counter; undefined for one that does not count, as those that are synchronised (§6.1.1) */
export function softAuthenticator(start?: number, held: HeldPasskey[] = []): Authenticator {
  let count = start;
  const next = (): number => {
    if (count === undefined) return 0;
    count += 1;
    return count;
  };

  const clientData = (type: string, challenge: string, behaviour: Behaviour): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: behaviour.type ?? type,
        challenge: behaviour.challenge ?? challenge,
        origin: behaviour.origin,
        crossOrigin: behaviour.crossOrigin ?? false,
      }),
    );

  /** §6.1, Authenticator Data. */
  const authenticatorData = (behaviour: Behaviour, attested?: Buffer): Buffer => {
    const { isPresent = true, isVerified = true } = behaviour;
    const flags = (isPresent ? 0x01 : 0) | (isVerified ? 0x04 : 0) | (attested === undefined ? 0 : 0x40);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(behaviour.counter ?? next());
    const rpId = behaviour.rpId ?? new URL(behaviour.origin).hostname;
    const hash = createHash('sha256').update(rpId).digest();
    // A passkey that is synchronised says that it may be, and that it is (§6.1.3).
    const backup = count === undefined ? 0x18 : 0;
    return Buffer.concat([hash, Buffer.from([flags | backup]), counter, attested ?? Buffer.alloc(0)]);
  };

  return {
    held,

    create(options, behaviour, algorithm = 'ES256') {
      const { challenge, user } = creation.parse(options);
      const { privateKey, cose } = keyPair(algorithm);
      const id = randomBytes(20);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const attested = Buffer.concat([Buffer.alloc(16), length, id, isoCBOR.encode(cose)]);
      const authData = authenticatorData(behaviour, attested);
      const { fmt, attStmt } = behaviour.statement ?? { fmt: 'none', attStmt: new Map<string, Cbor>() };
      const attestationObject = isoCBOR.encode(
        new Map<string, Cbor>([
          ['fmt', fmt],
          ['attStmt', attStmt],
          ['authData', new Uint8Array(authData)],
        ]),
      );
      const passkey = { id: text(id), userHandle: user.id, privateKey, algorithm };
      held.push(passkey);
      return {
        id: passkey.id,
        rawId: passkey.id,
        type: 'public-key',
        response: {
          clientDataJSON: text(clientData('webauthn.create', challenge, behaviour)),
          attestationObject: text(attestationObject),
          transports: ['internal', 'hybrid'],
        },
      };
    },

    get(options, behaviour) {
      const { challenge, allowCredentials } = request.parse(options);
      const passkey = held.findLast(
        ({ id }) => allowCredentials.length === 0 || allowCredentials.some((one) => one.id === id),
      );
      if (passkey === undefined) throw new Error('the authenticator has none of these passkeys');
      const client = clientData('webauthn.get', challenge, behaviour);
      const data = authenticatorData(behaviour);
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      const signature = sign(passkey.algorithm === 'EdDSA' ? null : 'sha256', signed, passkey.privateKey);
      if (behaviour.isTampered === true)
        signature.writeUInt8(signature.readUInt8(signature.length - 1) ^ 1, signature.length - 1);
      return {
        id: passkey.id,
        rawId: passkey.id,
        type: 'public-key',
        response: {
          clientDataJSON: text(client),
          authenticatorData: text(data),
          signature: text(signature),
          userHandle: behaviour.userHandle === undefined ? passkey.userHandle : behaviour.userHandle,
        },
      };
    },

    clone: () => softAuthenticator(count, [...held]),
  };
}
