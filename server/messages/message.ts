/** What the platform mails to people, and the port through which it leaves. */

export interface Message {
  /** One address, e.g. `ada@example.com`. */
  readonly to: string;
  readonly subject: string;
  /** Plain text: nothing in it has to be escaped, and nothing in it can be made to look like something else. */
  readonly text: string;
}

export interface MessageSender {
  /** @throws Error when it was not accepted; its message may name the address, so it is no text for a log */
  send(message: Message): Promise<void>;
  close(): void;
}

/** What SMTP can address without extensions: no blanks, no angle brackets, no control characters, one `@`. */
const addressPattern = /^[^\s@<>()[\],;:\\"]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])$/i;

/** Whether a text can be an address of a mail (RFC 5321 §4.1.2, without quoted local parts and address literals). */
export function isMailAddress(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.length <= 254 && addressPattern.test(text) && !/[\x00-\x1f\x7f]/.test(text);
}
