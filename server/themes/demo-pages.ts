/** What the pages of the demonstration application show, and the start page that leads to it. */
import type { TenantBrand } from './brand.ts';
import type { SignInFaultShown } from './sign-in-faults.ts';

interface DemoFrame {
  readonly tenant: TenantBrand;
  readonly application: { readonly name: string };
}

export const demoNotices = ['signed_in', 'refreshed', 'session_lost', 'signed_out', 'still_signed_in'] as const;
export type DemoNotice = (typeof demoNotices)[number];

export interface DemoStartPage extends DemoFrame {
  /** Posts `offline`, `consent`, `max_age` and, from the second button, `silent=yes`. */
  readonly action: string;
  readonly notice?: DemoNotice | undefined;
}

/** One line of a table: the name as the protocol spells it, the value as text, and a reading of it where that helps. */
export interface DemoRow {
  readonly name: string;
  readonly value: string;
  readonly reading?: string | undefined;
}

export interface DemoAccountPage extends DemoFrame {
  readonly notice?: DemoNotice | undefined;
  readonly person: string;
  readonly idToken: readonly DemoRow[];
  readonly accessToken: {
    readonly type: string;
    readonly format: 'jwt' | 'opaque';
    readonly scopes: readonly string[];
    /** Milliseconds since the epoch; undefined when the server did not say. */
    readonly expiresAt: number | undefined;
  };
  readonly refreshToken: boolean;
  /** Where the person looks after their account. */
  readonly accountHref: string;
  readonly userinfo?: readonly DemoRow[] | undefined;
  readonly introspection?: readonly DemoRow[] | undefined;
  /** Each is a POST without fields. */
  readonly actions: {
    readonly refresh: string;
    readonly userinfo: string;
    readonly introspect: string;
    readonly silent: string;
    readonly signOut: string;
  };
}

export interface DemoErrorPage extends DemoFrame, SignInFaultShown {}

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

export interface DemoPages {
  readonly home: HomePage;
  readonly 'demo-start': DemoStartPage;
  readonly 'demo-account': DemoAccountPage;
  readonly 'demo-error': DemoErrorPage;
}
