/** The tenant that a path belongs to. */
import assert from 'node:assert/strict';
import { tenantOfPath } from '../../../server/http/tenant-path.ts';

describe('tenantOfPath', () => {
  for (const [path, tenant] of [
    ['/acme/shop/oauth2/token', 'acme'],
    ['/acme', 'acme'],
    ['/api/admin/acme/servers', 'acme'],
    ['/API/Admin/acme', 'acme'],
    ['/api/system/tenants', 'system'],
    ['/api/admin/TENANTS/x', 'system'],
    ['/api/identity/system/configuration', 'system'],
    ['/', undefined],
    ['/ops/codec/decode', undefined],
    ['/assets/x/style.css', undefined],
    ['/api/openapi.json', undefined],
  ] as const) {
    it(`of ${path} is ${String(tenant)}`, () => {
      assert.equal(tenantOfPath(path), tenant);
    });
  }
});
