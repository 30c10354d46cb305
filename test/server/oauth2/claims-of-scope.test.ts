/** Claims asked for by name follow the scopes that were granted. */
import assert from 'node:assert/strict';
import { divideClaims } from '../../../server/oauth2/claims-of-scope.ts';

describe('divideClaims', () => {
  it('grants by name what a granted scope releases (OIDC Core §5.5)', () => {
    const { granted, denied } = divideClaims(['email', 'name'], ['openid', 'email']);
    assert.deepEqual([granted, denied], [['email'], ['name']]);
  });

  it('grants by name what a plugin brings, where its scope was granted', () => {
    const contributed = [{ name: 'points', scopes: ['loyalty', 'shop'] }];
    assert.deepEqual(divideClaims(['points'], ['openid', 'loyalty'], { contributedClaims: contributed }).granted, [
      'points',
    ]);
    assert.deepEqual(divideClaims(['points'], ['openid'], { contributedClaims: contributed }).denied, ['points']);
  });

  it('gives nobody by name what the person declined, or what no scope releases', () => {
    assert.deepEqual(divideClaims(['phone_number', 'salary', '__proto__'], ['openid']).granted, []);
  });
});
