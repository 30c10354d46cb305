import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { decoyPublicKey, isPublicKey } from '../../../../server/credentials/passkey/public-key.ts';

type Cbor = Parameters<typeof isoCBOR.encode>[0];
const cose = (...members: readonly (readonly [number, Cbor])[]) =>
  Buffer.from(isoCBOR.encode(new Map(members))).toString('base64url');
const bytes = (text = '') => new Uint8Array(Buffer.from(text, 'base64url'));
const rsa = (modulusLength: number, publicExponent = 65_537) => {
  const { n, e } = generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' });
  return cose([1, 3], [3, -257], [-1, bytes(n)], [-2, bytes(e)]);
};

describe('isPublicKey', () => {
  it('takes keys of ES256, EdDSA and RS256 (RFC 9053, RFC 8230)', () => {
    const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    for (const key of [decoyPublicKey(), cose([1, 1], [3, -8], [-1, 6], [-2, bytes(x)]), rsa(2048)])
      assert.equal(isPublicKey(key), true);
  });

  it('refuses keys that are weak, costly, of another algorithm, or none', () => {
    const point = new Uint8Array(32).fill(1);
    for (const key of [
      '',
      'AAAA',
      cose([1, 2], [3, -7], [-1, 1], [-2, point], [-3, point]),
      cose([1, 2], [3, -35], [-1, 2], [-2, point], [-3, point]),
      cose([1, 1], [3, -7], [-1, 6], [-2, point]),
      cose([1, 2], [3, -7]),
      Buffer.from(isoCBOR.encode('text')).toString('base64url'),
      rsa(1024),
      rsa(2048, 3),
    ])
      assert.equal(isPublicKey(key), false, key);
  });
});
