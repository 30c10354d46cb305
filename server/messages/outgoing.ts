/** Mails that nobody waits for: written and sent beside the requests, a few at a time, and tried again when they fail. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../kernel/log.ts';
import type { Message, MessageSender } from './message.ts';

export interface OutgoingMail {
  /**
   * Begins in a later turn, so that whoever asked is answered in the same time whatever there is to send.
   * @param write looks up what to send
   * @returns false when too much is waiting already; nothing will be sent then
   */
  post(write: () => Promise<readonly Message[]>): boolean;
  /** Begins nothing more, gives up what waits to be tried again, and ends with what is being sent. */
  stop(): Promise<void>;
}

export interface OutgoingMailDeps {
  readonly sender: Pick<MessageSender, 'send'>;
  readonly log: Pick<Log, 'warn'>;
  /** Rests before each further try. Milliseconds. */
  readonly pausesMs?: readonly number[];
  /** Letters being written, sent or tried again at once. */
  readonly maxUnderWay?: number;
}

export function createOutgoingMail(deps: OutgoingMailDeps): OutgoingMail {
  const { sender, log, pausesMs = [2_000, 15_000, 60_000], maxUnderWay = 500 } = deps;
  const stopped = new AbortController();
  const underWay = new Set<Promise<void>>();

  /** The address is nobody's business but its owner's: a failure is told by its code alone. */
  const warn = (error: unknown): void => {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
    const status = error instanceof Error && 'responseCode' in error ? error.responseCode : undefined;
    log.warn({ code, status }, 'A mail could not be sent.');
  };

  async function send(message: Message): Promise<void> {
    for (const pause of [...pausesMs, undefined]) {
      try {
        await sender.send(message);
        return;
      } catch (error) {
        const rest = pause === undefined || stopped.signal.aborted ? undefined : pause;
        if (rest === undefined) {
          warn(error);
          return;
        }
        await sleep(rest, undefined, { ref: false, signal: stopped.signal }).catch(() => undefined);
      }
    }
  }

  async function work(write: () => Promise<readonly Message[]>): Promise<void> {
    await sleep(0);
    try {
      for (const message of await write()) await send(message);
    } catch (error) {
      warn(error);
    }
  }

  return {
    post(write) {
      if (stopped.signal.aborted || underWay.size >= maxUnderWay) return false;
      const job = work(write).finally(() => underWay.delete(job));
      underWay.add(job);
      return true;
    },
    async stop() {
      stopped.abort();
      await Promise.all(underWay);
    },
  };
}
