/** What the first pages of administration show: which tenant is yours, and what you are in it. */
import type { TenantBrand } from './brand.ts';

export const tenantFaults = ['tenant_missing', 'tenant_unknown'] as const;
export type TenantFault = (typeof tenantFaults)[number];

/** Posts `known` (a suggestion's value), or `tenant` and `region`, to `/tenants`; nothing to `/tenants/forget`. */
export interface TenantChoicePage {
  /** Used in this browser lately. */
  readonly known: readonly {
    readonly value: string;
    readonly id: string;
    readonly name: string;
    readonly region: string | undefined;
  }[];
  /** Whether a name can be typed; otherwise there are suggestions, and a way to this form. */
  readonly form: boolean;
  readonly typed: string;
  /** Empty where there is one alone. */
  readonly regions: readonly { readonly name: string; readonly selected: boolean }[];
  /** Undefined where no mail can be sent. */
  readonly reminderHref: string | undefined;
  readonly fault?: TenantFault | undefined;
}

/** Posts `address` to `/tenants/forgot`. */
export interface TenantReminderPage {
  readonly typed: string;
  /** True after something that is no address. */
  readonly fault: boolean;
  readonly region: string | undefined;
  readonly otherRegions: readonly { readonly name: string; readonly href: string }[];
}

export const tenantRolesShown = ['admin', 'business_admin', 'auditor', 'member'] as const;

/** Where an administrator arrives. */
export interface ConsolePage {
  readonly tenant: TenantBrand;
  readonly person: string;
  readonly roles: readonly (typeof tenantRolesShown)[number][];
  /** Workspaces in which they have a role of its own. */
  readonly workspaces: readonly string[];
  readonly apiHref: string;
  readonly signOutAction: string;
  readonly otherTenantHref: string;
}

/** The mails and texts of a development server. */
export interface MailboxPage {
  readonly messages: readonly {
    readonly to: string;
    /** Undefined for a text to a phone. */
    readonly subject: string | undefined;
    readonly text: string;
    /** Milliseconds since the epoch. */
    readonly at: number;
  }[];
}
