/** Slow senders hold no socket for long, and long bodies are read to their end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { paced, type Pace } from '../../../server/http/sender-pace.ts';
import { listen, type HttpServer } from '../../../server/http/server.ts';
import { silentLog } from '../../support/recording-log.ts';

const open: { server: HttpServer; socket: Socket }[] = [];

/** Announces a body of a hundred thousand bytes. */
async function send(app: RequestListener, bodyMs: number): Promise<Socket> {
  const server = await listen({ app, host: '127.0.0.1', port: 0, log: silentLog, bodyMs });
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  open.push({ server, socket });
  await once(socket, 'connect');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx');
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  await once(socket, 'close');
  return text;
}

/** A byte at a time, until nobody takes them. */
async function trickle(socket: Socket): Promise<void> {
  while (socket.writable) {
    socket.write('x');
    await sleep(5);
  }
}

describe('the pace of senders', () => {
  afterEach(async () => {
    for (const { server, socket } of open.splice(0)) {
      socket.destroy();
      await server.close(0);
    }
  });

  it('cuts who sends a body for ever, whether it is read or not, and also once it was answered (RFC 9110 §15.5.9)', async () => {
    const unread = await send(() => undefined, 100);
    const [text] = await Promise.all([answerOf(unread), trickle(unread)]);
    assert.match(text, /^HTTP\/1\.1 408 /);
    const answered = await send((_req, res) => res.end('at once'), 100);
    const [early] = await Promise.all([answerOf(answered), trickle(answered)]);
    assert.match(early, /^HTTP\/1\.1 200 .*at once$/s);
  });

  it('waits for no answer: whoever has sent all of a request is not cut, however long that takes', async () => {
    for (const head of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}',
    ]) {
      const slow: RequestListener = (_req, res) => {
        setTimeout(() => res.end('whole'), 200);
      };
      const server = await listen({ app: slow, host: '127.0.0.1', port: 0, log: silentLog, bodyMs: 50 });
      const socket = connect(server.port, '127.0.0.1');
      open.push({ server, socket });
      socket.write(head);
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      assert.match(String(chunk), /^HTTP\/1\.1 200 /);
    }
  });

  /** Reads as a stream, and says how it ended. */
  function reading(pace: Pace) {
    const ended = Promise.withResolvers<number>();
    const app: RequestListener = (req, res) => {
      const read = async () => {
        let length = 0;
        for await (const chunk of paced(req, pace)) length += chunk.length;
        return length;
      };
      read().then(
        (length) => {
          res.end('all');
          ended.resolve(length);
        },
        (error: unknown) => {
          res.writeHead(400).end('slow');
          ended.reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    };
    return { app, ended: ended.promise };
  }

  it('reads a stream to its end however long it takes, as long as enough comes', async () => {
    const { app, ended } = reading({ patienceMs: 60_000, bytesPerSecond: 1 });
    const socket = await send(app, 50);
    for (let sent = 1; sent < 100_000; sent += 11_111) {
      await sleep(20);
      socket.write('x'.repeat(11_111));
    }
    assert.equal(await ended, 100_000);
  });

  it('refuses a stream that comes too slowly, and cuts what is left of it', async () => {
    const { app, ended } = reading({ patienceMs: 100, bytesPerSecond: 1024 * 1024 });
    const socket = await send(app, 50);
    const refused = assert.rejects(ended, (error) => isPlatformError(error, 'bad_request'));
    const [text] = await Promise.all([answerOf(socket), trickle(socket)]);
    await refused;
    assert.match(text, /^HTTP\/1\.1 400 .*slow/s);
  });

  it('does not count the time that the reader takes', async () => {
    const ended = Promise.withResolvers<number>();
    const socket = await send((req, res) => {
      const read = async () => {
        let length = 0;
        for await (const chunk of paced(req, { patienceMs: 1000, bytesPerSecond: 1024 ** 3 })) {
          length += chunk.length;
          await sleep(length < 3 ? 1500 : 0);
        }
        res.end();
        return length;
      };
      read().then(ended.resolve, ended.reject);
    }, 50);
    socket.write('x'.repeat(99_999));
    assert.equal(await ended.promise, 100_000);
  });
});
