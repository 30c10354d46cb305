/** What pages of the deployment itself show, beside any login: to a developer who opens it, and to an operator. */
import type { TenantBrand } from './brand.ts';

/** What runs here, for a developer who opens `/`. */
export interface HomePage {
  readonly demos: readonly { readonly name: string; readonly href: string }[];
  readonly temporalHref?: string | undefined;
  /** Where mails are read that leave for nowhere. */
  readonly mailboxHref?: string | undefined;
  readonly discoveries: readonly { readonly name: string; readonly href: string }[];
  /** People the demonstration was seeded with. Never on a production server. */
  readonly people: readonly { readonly identifier: string; readonly password: string }[];
}

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
