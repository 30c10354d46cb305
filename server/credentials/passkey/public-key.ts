/** Public keys of passkeys: which are taken, and one that nobody has the other half of. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { decodeCredentialPublicKey, isoCBOR } from '@simplewebauthn/server/helpers';

/** ES256, EdDSA and RS256 (IANA COSE Algorithms), in the order they are preferred. */
export const algorithms = [-7, -8, -257] as const;

/** Members of a COSE_Key: RFC 9053 §7.1 (EC2, OKP), RFC 8230 §4 (RSA). */
const kty = 1;
const alg = 3;
const minus = { one: -1, two: -2, three: -3 } as const;

/** Whether a key from elsewhere is one of these algorithms', and can be used at a bearable cost. @param key base64url */
export function isPublicKey(key: string): boolean {
  try {
    const decoded: unknown = decodeCredentialPublicKey(new Uint8Array(Buffer.from(key, 'base64url')));
    if (!(decoded instanceof Map)) return false;
    const text = (at: number): string => {
      const value: unknown = decoded.get(at);
      return value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : '';
    };
    const member = (at: number): unknown => decoded.get(at);
    switch (member(alg)) {
      case -7:
        if (member(kty) !== 2 || member(minus.one) !== 1) return false;
        // Refuses a point that is not on the curve.
        createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: text(minus.two), y: text(minus.three) } });
        return true;
      case -8:
        if (member(kty) !== 1 || member(minus.one) !== 6) return false;
        createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: text(minus.two) } });
        return true;
      case -257: {
        if (member(kty) !== 3) return false;
        const { asymmetricKeyDetails } = createPublicKey({
          format: 'jwk',
          key: { kty: 'RSA', n: text(minus.one), e: text(minus.two) },
        });
        const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
        return modulusLength >= 2048 && modulusLength <= 4096 && publicExponent === 65_537n;
      }
      default:
        return false;
    }
  } catch {
    return false;
  }
}

/** A key of ES256 whose private half is thrown away: verifying against it costs the same, and fails. */
export function decoyPublicKey(): string {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const key = new Map<number, number | Uint8Array>([
    [kty, 2],
    [alg, -7],
    [minus.one, 1],
    [minus.two, new Uint8Array(Buffer.from(x, 'base64url'))],
    [minus.three, new Uint8Array(Buffer.from(y, 'base64url'))],
  ]);
  return Buffer.from(isoCBOR.encode(key)).toString('base64url');
}
