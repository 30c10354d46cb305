/** Signing and checking compact JWTs with a workspace's keys: node's own crypto, which is twice as fast as WebCrypto. */
import { constants, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningAlg, SigningKey } from '../workspaces/signing-key.ts';
import { isRecord } from './json.ts';

export type JwtClaims = Readonly<Record<string, unknown>>;

/** @returns the compact serialization (RFC 7515 §3.1) */
export type SignJwt = (claims: JwtClaims) => Promise<string>;

/** @returns the claims when one of the keys signed them under this type, undefined otherwise */
export type VerifyJwt = (jwt: string) => JwtClaims | undefined;

const signInThreadPool = promisify(sign);

function options(key: KeyObject, alg: SigningAlg) {
  if (alg === 'ES256') return { key, dsaEncoding: 'ieee-p1363' } as const;
  if (alg === 'RS256') return { key };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** @param typ header parameter, e.g. `at+jwt` (RFC 9068 §2.1) */
export function createJwtSigner(key: SigningKey, typ: string): SignJwt {
  const header = encode({ alg: key.alg, typ, kid: key.kid });
  const privateKey = options(createPrivateKey({ key: key.privateJwk, format: 'jwk' }), key.alg);
  return async (claims) => {
    const input = `${header}.${encode(claims)}`;
    const data = Buffer.from(input);
    // 25 µs for an elliptic curve: less than the way to another thread. RSA takes ten times as long and goes there.
    const signature =
      key.alg === 'ES256' ? sign('sha256', data, privateKey) : await signInThreadPool('sha256', data, privateKey);
    return `${input}.${signature.toString('base64url')}`;
  };
}

function parse(part: string): JwtClaims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The key is chosen by `kid`, the algorithm by the key: what the token says about itself decides nothing else. */
export function createJwtVerifier(keys: readonly SigningKey[], typ: string): VerifyJwt {
  const known = new Map(
    keys.map(({ kid, alg, privateJwk }) => {
      const publicKey = createPublicKey(createPrivateKey({ key: privateJwk, format: 'jwk' }));
      return [kid, { alg, publicKey: options(publicKey, alg) }];
    }),
  );
  return (jwt) => {
    const [head = '', body = '', signature = '', ...more] = jwt.split('.');
    const header = parse(head);
    if (more.length > 0 || header?.['typ'] !== typ || header['crit'] !== undefined) return undefined;
    const key = typeof header['kid'] === 'string' ? known.get(header['kid']) : undefined;
    if (key === undefined || header['alg'] !== key.alg) return undefined;
    const signed = verify('sha256', Buffer.from(`${head}.${body}`), key.publicKey, Buffer.from(signature, 'base64url'));
    return signed ? parse(body) : undefined;
  };
}
