/** What the page of an operator shows. */
import type { TenantBrand } from './brand.ts';

/** Where an operator's browser signs in to read logins in the Temporal UI. */
export interface OperatorPage {
  readonly tenant?: TenantBrand | undefined;
  readonly operator: { readonly name: string; readonly tenantId: string; readonly allTenants: boolean } | undefined;
  readonly failed: boolean;
  /** What the Temporal UI is told: where payloads are decoded. */
  readonly endpoint: string;
  /** Kept from the last try; never the secret. */
  readonly typed: { readonly tenant: string; readonly clientId: string };
}
