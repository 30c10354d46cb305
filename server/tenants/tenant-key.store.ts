/** The tenant's own key: sealed by the deployment's, and what wraps the tenant's data keys. */
import { createSealer } from '../db/secrets-at-rest.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';

export function tenantKeyContext(tenant: TenantId): string {
  return `tenants.key:${tenant}`;
}

/** @throws PlatformError `internal` when the row holds another tenant's key, or one sealed under another master key */
export function openTenantSealer(sealer: Sealer, tenant: TenantId, sealedKey: string): Sealer {
  return createSealer(Buffer.from(sealer.open(sealedKey, tenantKeyContext(tenant)), 'base64url'));
}
