/** Bodies and answers that may be larger than memory. */
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { PlatformError } from '../kernel/errors.ts';
import { defaultBodyLimit } from './bodies.ts';
import { paced, streamPace, type Pace } from './sender-pace.ts';

/** Of an endpoint that reads no stream. */
export async function* nothingSent(): AsyncGenerator<Uint8Array> {
  // Empty.
}

/**
 * The body as it comes in.
 * @param limit bytes
 * @throws PlatformError `payload_too_large` beyond it, `bad_request` for what is no plain JSON, or comes too slowly
 */
export async function* streamedBody(
  req: Request,
  limit = defaultBodyLimit,
  pace: Pace = streamPace,
): AsyncGenerator<Uint8Array> {
  // Compressed ones could grow to a thousand times what was counted.
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' || req.is(['json', '+json']) === false) {
    throw new PlatformError('bad_request', 'Send JSON, uncompressed, with the Content-Type application/json.');
  }
  const tooLarge = (): PlatformError =>
    new PlatformError('payload_too_large', `The body is larger than ${String(limit)} bytes.`);
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge();
  let length = 0;
  try {
    for await (const chunk of paced(req, pace)) {
      length += chunk.length;
      if (length > limit) throw tooLarge();
      yield chunk;
    }
  } catch (cause) {
    if (!req.errored) throw cause;
    throw new PlatformError('bad_request', 'The request ended early.', { cause });
  } finally {
    // What nobody reads would keep its sender from reading the answer.
    req.resume();
  }
}

/** A piece is sent when it has so many characters. */
const pieceLength = 64 * 1024;

/** The text of `{"<member>":[…]}`, in pieces, as its items are read: for lists that are answered whole. */
export async function* listed<Item>(
  member: string,
  items: AsyncIterable<Item>,
  show: (item: Item) => unknown,
): AsyncGenerator<string> {
  let piece = `{${JSON.stringify(member)}:[`;
  let separator = '';
  for await (const item of items) {
    piece += separator + JSON.stringify(show(item));
    separator = ',';
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
    // A database in this process answers without a pause: others get their turn.
    await setImmediate();
  }
  yield `${piece}]}`;
}

function isIterable(result: unknown): result is AsyncIterable<string> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
}

/** Until it takes more, or nobody is there to take it. */
async function drained(res: Response): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race([once(res, 'drain', { signal }), once(res, 'close', { signal })]);
  waiting.abort();
}

/**
 * Sends pieces of JSON as they come. What fails before the first piece is answered like any other failure; what fails
 * later breaks the connection, so that nobody takes a part for the whole.
 */
export async function sendStreamed(result: unknown, res: Response): Promise<void> {
  if (!isIterable(result)) throw new PlatformError('internal', 'A streamed answer has to be an async iterable.');
  const pieces = result[Symbol.asyncIterator]();
  let piece = await pieces.next();
  res.type('json');
  try {
    while (piece.done !== true) {
      if (res.destroyed) return;
      if (!res.write(piece.value)) await drained(res);
      piece = await pieces.next();
    }
    res.end();
  } catch (error) {
    res.destroy();
    throw error;
  } finally {
    await pieces.return?.();
  }
}
