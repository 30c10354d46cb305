/** Origins: what an issuer begins with, and which Host means it. */
import assert from 'node:assert/strict';
import { createPublicOrigins } from '../../../server/http/public-origin.ts';

describe('createPublicOrigins', () => {
  it('gives every tenant the shared origin', () => {
    const origins = createPublicOrigins('http://localhost:8080');
    assert.equal(origins.perTenant, false);
    assert.equal(origins.https, false);
    assert.equal(origins.originOf('acme'), 'http://localhost:8080');
    assert.deepEqual(origins.match('localhost:8080'), { origin: 'http://localhost:8080' });
  });

  it('gives every tenant an origin of its own, and finds the tenant again', () => {
    const origins = createPublicOrigins('https://login-{tenant}.example.com:8443');
    assert.equal(origins.perTenant, true);
    assert.equal(origins.originOf('acme'), 'https://login-acme.example.com:8443');
    assert.deepEqual(origins.match('login-acme.example.com:8443'), {
      origin: 'https://login-acme.example.com:8443',
      tenantId: 'acme',
    });
    for (const host of [
      'login-acme.example.com',
      'acme.example.com:8443',
      'login-.example.com:8443',
      'login-a.b.example.com:8443',
    ]) {
      assert.equal(origins.match(host), undefined, host);
    }
  });

  it('does not take overlapping ends for a tenant', () => {
    assert.equal(createPublicOrigins('https://a{tenant}a.example').match('a.example'), undefined);
  });
});
