/** What each mail and text says. A name in it is somebody's words: it is kept to one line before it gets here. */

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

/** What a code or a link is good for, as the texts below `mail.code` and `mail.link` say it. */
export const mailPurposes = [
  'activation',
  'authentication',
  'challenge',
  'enroll_webauthn',
  'invitation',
  'reset_password',
  'verify_address',
] as const;

interface CodeMailBase {
  readonly purpose: (typeof mailPurposes)[number];
  readonly name: string;
  /** Seconds. */
  readonly lasts: number;
}
export interface CodeMail extends CodeMailBase {
  readonly code: string;
}
export interface LinkMail extends CodeMailBase {
  readonly href: string;
}
export interface TakenMail {
  readonly name: string;
}

export interface ApprovalMail {
  /** Whether its reader was told before. */
  readonly kind: 'first' | 'again';
  /** Who asks. */
  readonly person: string;
  /** Of the application. */
  readonly name: string;
  /** As a script says it; may be empty. */
  readonly reason: string;
  /** Seconds. */
  readonly left: number;
  readonly href: string;
}

export interface MailData {
  readonly approval: ApprovalMail;
  readonly 'tenant-names': TenantNamesMail;
  readonly code: CodeMail;
  readonly link: LinkMail;
  readonly taken: TakenMail;
  /** Texts to phones have a first line and no other. */
  readonly 'sms-code': CodeMail;
  readonly 'sms-link': LinkMail;
  readonly 'sms-taken': TakenMail;
}

export type MailName = keyof MailData;
