/** How long a sender may take with a request: all of it by a deadline, or, of a stream, at least so many bytes a second. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PlatformError } from '../kernel/errors.ts';

interface Deadline {
  hold(): void;
  lift(): void;
}

/** Of the requests that are being sent. */
const deadlines = new WeakMap<IncomingMessage, Deadline>();

/** Cuts the connection of whoever has not sent all of a request in time, answered or not (RFC 9110 §15.5.9). */
export function holdToDeadline(req: IncomingMessage, res: ServerResponse, deadlineMs: number): void {
  let timer: NodeJS.Timeout | undefined;
  const cut = (): void => {
    // All of it is there, and nobody has read it: a request without a body ends only when it is answered.
    if (req.complete) return;
    if (!res.headersSent) req.socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    req.socket.destroySoon();
  };
  const lift = (): void => {
    clearTimeout(timer);
  };
  const hold = (): void => {
    lift();
    if (!req.complete) timer = setTimeout(cut, deadlineMs).unref();
  };
  deadlines.set(req, { hold, lift });
  req.once('end', lift);
  req.once('close', lift);
  hold();
}

export interface Pace {
  /** How long its reader waits in all before the sender has earned more. */
  readonly patienceMs: number;
  /** Earns a second of waiting, up to the patience. */
  readonly bytesPerSecond: number;
}

/** Half a minute of silence, or 32 KiB a second: 4 GiB take a day and a half at the slowest. */
export const streamPace: Pace = { patienceMs: 30_000, bytesPerSecond: 32 * 1024 };

/**
 * Reads a request that may be long, at its sender's pace: only time in which the reader waits for the sender counts.
 * @throws PlatformError `bad_request` for who sends too slowly
 */
export async function* paced(
  req: IncomingMessage,
  { patienceMs, bytesPerSecond }: Pace = streamPace,
): AsyncGenerator<Uint8Array> {
  const deadline = deadlines.get(req);
  deadline?.lift();
  // Who stops reading still wants to answer.
  const chunks: AsyncIterator<unknown> = req.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  let left = patienceMs;
  try {
    for (;;) {
      const since = performance.now();
      const next = await inTime(chunks.next(), left);
      if (next.done === true) return;
      left -= performance.now() - since;
      const { value } = next;
      if (!(value instanceof Uint8Array)) continue;
      left = Math.min(patienceMs, left + (value.length / bytesPerSecond) * 1000);
      yield value;
    }
  } finally {
    // What is left of it is nobody's: its sender has as long as for any other.
    deadline?.hold();
    void chunks.return?.().catch(() => undefined);
  }
}

async function inTime<T>(chunk: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        reject(new PlatformError('bad_request', 'The body comes too slowly: send it without pauses.'));
      },
      Math.max(ms, 0),
    );
  });
  try {
    return await Promise.race([chunk, late]);
  } finally {
    clearTimeout(timer);
  }
}
