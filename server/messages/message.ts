/** What the platform sends to people, and the ports through which it leaves. */

export interface Message {
  /** One address, e.g. `ada@example.com`. */
  readonly to: string;
  readonly subject: string;
  /** Plain text: nothing in it has to be escaped, and nothing in it can be made to look like something else. */
  readonly text: string;
  /** The same for the same message sent again, so that who gets it twice can tell (RFC 5322 §3.6.4). */
  readonly id?: string;
}

export interface MessageSender {
  /** @throws Error when it was not accepted; its message may name the address, so it is no text for a log */
  send(message: Message): Promise<void>;
  close(): void;
}

export interface Sms {
  /** A phone in E.164, e.g. `+442079460958`. */
  readonly to: string;
  /** One line. */
  readonly text: string;
  /** The same for the same text sent again. */
  readonly id?: string;
}

export interface SmsSender {
  /**
   * @throws Error when it was not accepted: with a `status` where a provider answered, with a `code` where none did
   */
  send(sms: Sms): Promise<void>;
}

/** A message by one of the ways that there are. */
export type Letter = ({ readonly channel: 'mail' } & Message) | ({ readonly channel: 'sms' } & Sms);

/** What SMTP can address without extensions: no blanks, no angle brackets, no control characters, one `@`. */
const addressPattern = /^[^\s@<>()[\],;:\\"]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])$/i;

/** Whether a text can be an address of a mail (RFC 5321 §4.1.2, without quoted local parts and address literals). */
export function isMailAddress(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.length <= 254 && addressPattern.test(text) && !/[\x00-\x1f\x7f]/.test(text);
}
