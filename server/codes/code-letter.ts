/** What messages with codes say: the code or its link, from whom, how long it is good, and that it may be ignored. */
import type { Letter } from '../messages/message.ts';
import { onOneLine } from '../messages/one-line.ts';
import type { Renderer } from '../themes/renderer.ts';
import type { CodeAddress, CodeType } from './code.ts';

export interface CodeLetter {
  readonly type: CodeType;
  /** Of an account that somebody else made for them. */
  readonly isInvitation?: boolean;
  /** Whom the person has to do with: an application, a workspace or a tenant. Somebody's words. */
  readonly name: string;
  /** How long it is good. Milliseconds. */
  readonly lifetimeMs: number;
  readonly content: { readonly code: string } | { readonly href: string };
}

export interface Letters {
  /** One for each address. */
  ofCode(letter: CodeLetter, to: readonly CodeAddress[], locale: string): readonly Letter[];
  /** That somebody tried to register with what is theirs already. */
  ofTakenAddress(name: string, to: readonly CodeAddress[], locale: string): readonly Letter[];
}

export function createLetters(renderer: Pick<Renderer, 'mail'>): Letters {
  return {
    ofCode({ type, isInvitation = false, name, lifetimeMs, content }, to, locale) {
      const purpose = isInvitation ? ('invitation' as const) : type;
      const said = { purpose, name: onOneLine(name), lasts: Math.round(lifetimeMs / 1000) };
      return to.map((address) => {
        const isMail = address.type === 'email';
        const drawn =
          'code' in content
            ? renderer.mail(isMail ? 'code' : 'sms-code', { ...said, ...content }, { locale })
            : renderer.mail(isMail ? 'link' : 'sms-link', { ...said, ...content }, { locale });
        return letterTo(address, drawn);
      });
    },
    ofTakenAddress(name, to, locale) {
      const said = { name: onOneLine(name) };
      return to.map((address) =>
        letterTo(address, renderer.mail(address.type === 'email' ? 'taken' : 'sms-taken', said, { locale })),
      );
    },
  };
}

/** A text to a phone is the one line that its template has. */
function letterTo(
  { type, normalized: to }: CodeAddress,
  { subject, text }: { readonly subject: string; readonly text: string },
): Letter {
  return type === 'email' ? { channel: 'mail', to, subject, text } : { channel: 'sms', to, text: subject };
}
