/** Tokens of scripts: no algorithm that the key does not fit, no key that costs too much. */
import assert from 'node:assert/strict';
import { exportPKCS8, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { signJwt, verifyJwt } from '../../../scripts-runtime/capabilities/jwt.ts';

const now = 1_800_000_000_000;
const key = 'a-secret-of-some-length-for-hmac';

describe('signJwt and verifyJwt', () => {
  it('make and read tokens with the same key', async () => {
    const token = await signJwt({ payload: { a: 1 }, key, alg: 'HS256', expiresIn: '10m', issuer: 'me' }, now);
    assert.deepEqual(await verifyJwt({ token, key, issuer: 'me' }, now), {
      a: 1,
      iat: now / 1000,
      exp: now / 1000 + 600,
      iss: 'me',
    });
  });

  it('sign with a key as PEM', async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const token = await signJwt({ payload: {}, key: await exportPKCS8(pair.privateKey), alg: 'ES256' }, now);
    await verifyJwt({ token, key: await exportSPKI(pair.publicKey), algorithms: ['ES256'] }, now);
  });

  it('take no public key for the secret of an HMAC (RFC 8725 §3.1)', async () => {
    const pair = await generateKeyPair('RS256', { extractable: true });
    const pem = await exportSPKI(pair.publicKey);
    const forged = await new SignJWT({ admin: true }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(pem));
    await assert.rejects(
      verifyJwt({ token: forged, key: pem, algorithms: ['RS256', 'HS256'] }, now),
      /PEM key is no secret/,
    );
    await assert.rejects(verifyJwt({ token: forged, key: pem, algorithms: ['RS256'] }, now), /algorithm/);
  });

  it('know no algorithm "none"', async () => {
    const token = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`;
    await assert.rejects(verifyJwt({ token, key }, now), /algorithm/);
    await assert.rejects(signJwt({ payload: {}, key, alg: 'none' }, now), /alg/);
  });

  it('refuse a token that has expired by the clock of the script', async () => {
    const token = await signJwt({ payload: {}, key, alg: 'HS256', expiresIn: 60 }, now);
    await assert.rejects(verifyJwt({ token, key }, now + 61_000), /exp/);
  });

  it('refuse a key that is longer than any of 4096 bits, unread', async () => {
    const long = `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(6000)}\n-----END PRIVATE KEY-----`;
    await assert.rejects(signJwt({ payload: {}, key: long, alg: 'RS256' }, now), /cannot be signed: key/);
  });
});
