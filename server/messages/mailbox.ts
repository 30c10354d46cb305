/** Where messages go on a developer's machine that has no server for them: into a file, to be read at a page. */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.ts';
import type { MessageSender, SmsSender } from './message.ts';

const kept = z.object({
  to: z.string(),
  /** Undefined for a text to a phone. */
  subject: z.string().optional(),
  text: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
});

export type KeptMessage = Readonly<z.infer<typeof kept>>;

export interface Mailbox extends MessageSender {
  /** Texts to phones land here as well. */
  readonly sms: SmsSender;
  /** The newest first. */
  list(): Promise<readonly KeptMessage[]>;
}

const mostMessages = 50;
/** Lines of the file before the old ones are cut off. */
const mostLines = 500;

/** @param file where the process that sends and the one that shows them meet; made when the first message comes */
export function createMailbox({ file, clock }: { readonly file: string; readonly clock: Clock }): Mailbox {
  let writing = Promise.resolve();

  const lines = async (): Promise<readonly string[]> =>
    (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const write = async (message: KeptMessage): Promise<void> => {
    const before = await lines();
    const line = `${JSON.stringify(message)}\n`;
    // Codes stand in it: nobody else on this machine may read it.
    if (before.length < mostLines) await appendFile(file, line, { mode: 0o600 });
    else await writeFile(file, `${before.slice(-mostMessages).join('\n')}\n${line}`, { mode: 0o600 });
  };
  const keep = (message: Omit<KeptMessage, 'at'>): Promise<void> => {
    const written = writing.then(() => write({ ...message, at: clock.now() }));
    writing = written.catch(() => undefined);
    return written;
  };

  return {
    list: async () => (await lines()).slice(-mostMessages).toReversed().flatMap(read),
    send: ({ to, subject, text }) => keep({ to, subject, text }),
    sms: { send: ({ to, text }) => keep({ to, text }) },
    close: () => undefined,
  };
}

/** A line that was cut off, as when a process was killed, is left out. */
function read(line: string): readonly KeptMessage[] {
  try {
    return [kept.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
