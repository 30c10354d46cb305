/** The mail by which somebody learns that their approval is asked for. */
import { withoutLinks } from '../messages/one-line.ts';
import type { Letter } from '../messages/message.ts';
import { pickLocale } from '../themes/locale.ts';
import type { Renderer } from '../themes/renderer.ts';
import type { Approval } from './approval.ts';
import type { AskedPerson } from './approver.ts';

export interface ApprovalLetter {
  readonly approval: Pick<Approval, 'requester' | 'reason' | 'expiresAt'>;
  /** What people who read a language call the application that the login is for. */
  readonly applicationIn: (locale: string) => string;
  /** Where it is decided. */
  readonly href: string;
  readonly isReminder: boolean;
}

/** One for each address, in the language that its person says they read. @param now milliseconds since the epoch */
export type ApprovalLetters = (to: AskedPerson, letter: ApprovalLetter, now: number) => readonly Letter[];

export function createApprovalLetters(renderer: Pick<Renderer, 'mail' | 'locales'>): ApprovalLetters {
  return ({ user, mails }, { approval, applicationIn, href, isReminder }, now) => {
    const said = user.payload['locale'];
    const locale = pickLocale({ uiLocales: typeof said === 'string' ? said : undefined }, renderer.locales);
    const data = {
      kind: isReminder ? 'again' : 'first',
      person: withoutLinks(approval.requester.name),
      name: withoutLinks(applicationIn(locale)),
      reason: withoutLinks(approval.reason),
      left: Math.max(1, Math.round((approval.expiresAt - now) / 1000)),
      href,
    } as const;
    const drawn = renderer.mail('approval', data, { locale });
    return mails.map((to) => ({ channel: 'mail', to, ...drawn }));
  };
}
