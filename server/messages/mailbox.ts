/** Where mails go on a developer's machine that has no server for them: a few of them, in memory, to be read at a page. */
import type { Clock } from '../kernel/clock.ts';
import type { Message, MessageSender } from './message.ts';

export interface KeptMessage extends Message {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Mailbox extends MessageSender {
  /** The newest first. */
  list(): readonly KeptMessage[];
}

const mostMessages = 50;

export function createMailbox(clock: Clock): Mailbox {
  const kept: KeptMessage[] = [];
  return {
    list: () => kept.toReversed(),
    send(message) {
      kept.push({ ...message, at: clock.now() });
      kept.splice(0, Math.max(0, kept.length - mostMessages));
      return Promise.resolve();
    },
    close() {
      kept.length = 0;
    },
  };
}
