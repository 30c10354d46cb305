/** A port of 127.0.0.1 for who listens on it a while later. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * One that nobody listens on just now, below those that systems give to whoever names none: until it is taken, no
 * connection and no server beside us is given it by chance.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = Promise.withResolvers<boolean>();
  server
    .once('error', () => {
      listening.resolve(false);
    })
    .listen(port, '127.0.0.1', () => {
      listening.resolve(true);
    });
  const is = await listening.promise;
  if (is) await new Promise((closed) => server.close(closed));
  return is;
}
