import assert from 'node:assert/strict';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { createJwtSigner } from '../../../server/oauth2/token-signature.ts';
import { generateSigningKey } from '../../../server/workspaces/signing-key.service.ts';

const clock = { now: () => 0 };

for (const alg of ['ES256', 'RS256', 'PS256'] as const) {
  describe(`createJwtSigner, ${alg}`, () => {
    it('signs what another implementation verifies (RFC 7515 §5.1)', async () => {
      const key = await generateSigningKey(alg, clock);
      const jwt = await createJwtSigner(key, 'at+jwt')({ sub: 'ada' });
      const { d, p, q, dp, dq, qi, ...publicJwk } = key.privateJwk;
      const verified = await jwtVerify(jwt, createLocalJWKSet({ keys: [publicJwk] }), { typ: 'at+jwt' });
      assert.equal(verified.payload.sub, 'ada');
    });
  });
}
