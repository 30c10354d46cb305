/** What each mail says. A name in it is somebody's words: it is kept to one line before it gets here. */

export interface TenantNamesMail {
  readonly tenants: readonly {
    readonly id: string;
    readonly name: string;
    /** Where its people sign in. */
    readonly href: string;
  }[];
  /** Of the deployment that was asked; undefined where there is one alone. */
  readonly region: string | undefined;
}

export interface MailData {
  readonly 'tenant-names': TenantNamesMail;
}

export type MailName = keyof MailData;
