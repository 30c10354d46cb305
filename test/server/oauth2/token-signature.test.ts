import assert from 'node:assert/strict';
import { createLocalJWKSet, exportJWK, importJWK, jwtVerify, SignJWT } from 'jose';
import { createJwtSigner, createJwtVerifier } from '../../../server/oauth2/token-signature.ts';
import { generateSigningKey } from '../../../server/workspaces/signing-key.service.ts';

const clock = { now: () => 0 };

for (const alg of ['ES256', 'RS256', 'PS256'] as const) {
  describe(`createJwtSigner, ${alg}`, () => {
    it('signs what another implementation verifies, and verifies what another signs (RFC 7515)', async () => {
      const key = await generateSigningKey(alg, clock);
      const jwt = await createJwtSigner(key, 'at+jwt')({ sub: 'ada' });
      const { d, p, q, dp, dq, qi, ...publicJwk } = key.privateJwk;
      const verified = await jwtVerify(jwt, createLocalJWKSet({ keys: [publicJwk] }), { typ: 'at+jwt' });
      assert.equal(verified.payload.sub, 'ada');

      const privateKey = await importJWK(key.privateJwk, alg);
      const theirs = await new SignJWT({ sub: 'bob' })
        .setProtectedHeader({ alg, typ: 'at+jwt', kid: key.kid })
        .sign(privateKey);
      assert.deepEqual(createJwtVerifier([key], 'at+jwt')(theirs), { sub: 'bob' });
      assert.ok(await exportJWK(privateKey).catch(() => true));
    });
  });
}

describe('createJwtVerifier', () => {
  it("takes no algorithm but the key's, no unknown key, type or critical header (RFC 8725 §3.1)", async () => {
    const key = await generateSigningKey('ES256', clock);
    const verify = createJwtVerifier([key], 'at+jwt');
    const jwt = await createJwtSigner(key, 'at+jwt')({ sub: 'ada' });
    const [, body = '', signature = ''] = jwt.split('.');
    assert.deepEqual(verify(jwt), { sub: 'ada' });
    const head = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    for (const header of [
      { alg: 'none', typ: 'at+jwt', kid: key.kid },
      { alg: 'HS256', typ: 'at+jwt', kid: key.kid },
      { alg: 'ES256', typ: 'JWT', kid: key.kid },
      { alg: 'ES256', typ: 'at+jwt' },
      { alg: 'ES256', typ: 'at+jwt', kid: 'another' },
      { alg: 'ES256', typ: 'at+jwt', kid: key.kid, crit: ['b64'], b64: false },
    ]) {
      assert.equal(verify(`${head(header)}.${body}.${signature}`), undefined, JSON.stringify(header));
    }
    for (const text of ['', '.', '..', 'a.b.c', `${jwt}.more`, jwt.replace(/\..*\./, '.e30.')]) {
      assert.equal(verify(text), undefined, text);
    }
  });
});
