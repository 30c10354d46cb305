/** Signing compact JWTs with a workspace's key: node's own crypto, which is twice as fast as WebCrypto. */
import { constants, createPrivateKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningAlg, SigningKey } from '../workspaces/signing-key.ts';
import { toJose } from './ecdsa-signature.ts';

export type JwtClaims = Readonly<Record<string, unknown>>;

/** @returns the compact serialization (RFC 7515 §3.1) */
export type SignJwt = (claims: JwtClaims) => Promise<string>;

const signInThreadPool = promisify(sign);

/** The key alone where that is enough: with options beside it, node takes as long to read them as to sign. */
function keyFor(key: KeyObject, alg: SigningAlg) {
  if (alg !== 'PS256') return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Of keys that are in memory anyway: a provider that is built anew signs with what the one before it signed with. */
const keyObjects = new WeakMap<SigningKey, KeyObject>();

function keyObjectOf(key: SigningKey): KeyObject {
  const known = keyObjects.get(key);
  if (known !== undefined) return known;
  const made = createPrivateKey({ key: key.privateJwk, format: 'jwk' });
  keyObjects.set(key, made);
  return made;
}

/** @param typ header parameter, e.g. `at+jwt` (RFC 9068 §2.1) */
export function createJwtSigner(key: SigningKey, typ: string): SignJwt {
  const header = encode({ alg: key.alg, typ, kid: key.kid });
  return async (claims) => {
    const privateKey = keyFor(keyObjectOf(key), key.alg);
    const input = `${header}.${encode(claims)}`;
    // In another thread: requests go on meanwhile, which is worth more than the way there.
    const made = await signInThreadPool('sha256', Buffer.from(input), privateKey);
    const signature = key.alg === 'ES256' ? toJose(made) : made;
    return `${input}.${signature.toString('base64url')}`;
  };
}
