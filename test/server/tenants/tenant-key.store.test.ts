import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSealer } from '../../../server/db/secrets-at-rest.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import { openTenantSealer, tenantKeyContext } from '../../../server/tenants/tenant-key.store.ts';

describe('openTenantSealer', () => {
  const deployment = createSealer(randomBytes(32));
  const [acme, evil] = [tenantId('acme'), tenantId('evil')];
  const keyOf = (tenant: typeof acme) =>
    deployment.seal(randomBytes(32).toString('base64url'), tenantKeyContext(tenant));
  const sealedKey = keyOf(acme);

  it('opens what the same tenant sealed, in another process too', () => {
    const sealed = openTenantSealer(deployment, acme, sealedKey).seal('data', 'x:1');
    assert.equal(openTenantSealer(deployment, acme, sealedKey).open(sealed, 'x:1'), 'data');
  });

  it('does not open what another tenant, or the deployment itself, sealed', () => {
    const own = openTenantSealer(deployment, acme, sealedKey);
    for (const other of [deployment, openTenantSealer(deployment, evil, keyOf(evil))]) {
      assert.throws(
        () => own.open(other.seal('data', 'x:1'), 'x:1'),
        (error) => isPlatformError(error, 'internal'),
      );
    }
  });

  it("refuses another tenant's key", () => {
    assert.throws(
      () => openTenantSealer(deployment, evil, sealedKey),
      (error) => isPlatformError(error, 'internal'),
    );
  });
});
