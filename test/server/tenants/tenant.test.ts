/** Ids of tenants that nobody may choose. */
import assert from 'node:assert/strict';
import { sharedSegments, tenantOfPath } from '../../../server/http/tenant-path.ts';
import { chosenIdPattern } from '../../../server/kernel/ids.ts';
import { reservedTenantIds, rootTenantId } from '../../../server/tenants/tenant.ts';
import { filesOf } from '../../support/source-files.ts';

describe('reservedTenantIds', () => {
  /** `'/ops'` of `router.get('/ops/…'`, `app.use('/assets'`, wherever the server mounts something. */
  const mounted = filesOf(['server'], '**/*.ts').flatMap(({ path, text }) =>
    [...text.matchAll(/\.(?:all|delete|get|head|options|patch|post|put|use)\(\s*['"`]\/([^/'"`:{]+)/g)].map(
      ([, segment = '']) => ({ path, segment }),
    ),
  );

  it('holds the first segment of every address that the application mounts', () => {
    const found = new Set(mounted.map(({ segment }) => segment));
    for (const known of ['alive', 'assets', 'health', 'metrics', 'ops']) assert.ok(found.has(known), known);
    for (const { path, segment } of mounted) assert.ok(reservedTenantIds.has(segment), `${segment} of ${path}`);
  });

  it('holds whatever belongs to no tenant, or to the root, by its path', () => {
    for (const segment of sharedSegments) {
      assert.ok(reservedTenantIds.has(segment) || !chosenIdPattern.test(segment), segment);
    }
    assert.ok(reservedTenantIds.has(rootTenantId));
    // A tenant called so would be taken for the list of all tenants, and its administrator for the root's.
    assert.equal(tenantOfPath('/api/admin/tenants/servers'), rootTenantId);
    assert.ok(reservedTenantIds.has('tenants'));
    assert.ok(reservedTenantIds.has('api'));
  });
});
