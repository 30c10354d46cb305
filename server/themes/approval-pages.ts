/** Pages on which people decide over logins of others. */
import type { TenantBrand } from './brand.ts';

/** What was done just now. */
export const approvalNotices = ['approved', 'denied'] as const;
export type ApprovalNotice = (typeof approvalNotices)[number];

export const approvalFaults = [
  'form_outdated',
  'decision_missing',
  'reason_missing',
  'reason_too_long',
  'over',
  'twice',
] as const;
export type ApprovalFault = (typeof approvalFaults)[number];

/** How one stands that is not open to the person any more. `decided`: by themselves. */
export const approvalEnds = ['approved', 'denied', 'expired', 'withdrawn', 'decided'] as const;
export type ApprovalEnd = (typeof approvalEnds)[number];

interface AskedShown {
  /** Who asks, as they are called. */
  readonly person: string;
  /** What they are signing in to. */
  readonly application: string;
  readonly approved: number;
  readonly quorum: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface ApprovalsPage {
  readonly tenant: TenantBrand;
  readonly approver: string;
  readonly notice?: ApprovalNotice | undefined;
  readonly asked: readonly (AskedShown & { readonly href: string })[];
  readonly signOutAction: string;
}

/** Posts `decision`, which is `approve` or `deny`, and `reason`. */
export interface ApprovalPage extends AskedShown {
  readonly tenant: TenantBrand;
  readonly action: string;
  readonly nonce: string;
  readonly backHref: string;
  readonly fault?: ApprovalFault | undefined;
  /** Addresses that who asks has verified: what they are called, they say themselves. */
  readonly knownBy: readonly string[];
  /** As the script says it; may be empty. */
  readonly why: string;
  readonly decisions: readonly {
    readonly name: string;
    readonly approves: boolean;
    readonly reason: string;
    /** Milliseconds since the epoch. */
    readonly at: number;
  }[];
  /** Where there is nothing to decide any more: no form then. */
  readonly end?: ApprovalEnd | undefined;
  /** Kept from the last try. */
  readonly typed: string;
}

export interface ApprovalPages {
  readonly approvals: ApprovalsPage;
  readonly approval: ApprovalPage;
}
