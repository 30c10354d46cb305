import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { toJose } from '../../../server/oauth2/ecdsa-signature.ts';

describe('toJose', () => {
  it('spells each signature as another implementation reads it (RFC 7518 §3.4)', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const lengths = new Set<number>();
    // Until there were numbers with a zero before them, and shorter ones: of both in one signature one in 512 is short.
    for (let turn = 0; turn < 2000 || lengths.size < 4; turn += 1) {
      const data = Buffer.from(String(turn));
      const der = sign('sha256', data, privateKey);
      lengths.add(der.length);
      const jose = toJose(der);
      assert.equal(jose.length, 64);
      assert.ok(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, jose), der.toString('hex'));
    }
  });

  it('fills numbers that are short, and drops the zero before those that are long', () => {
    const der = Buffer.from(`3025020101022100ff${'00'.repeat(31)}`, 'hex');
    const expected = `${'00'.repeat(31)}01ff${'00'.repeat(31)}`;
    assert.equal(toJose(der).toString('hex'), expected);
  });
});
