/** A port of 127.0.0.1 that nobody listens on just now. */
import { createServer } from 'node:net';

export async function freePort(): Promise<number> {
  const server = createServer();
  const listening = Promise.withResolvers<undefined>();
  server.once('error', listening.reject).listen(0, '127.0.0.1', () => {
    listening.resolve(undefined);
  });
  await listening.promise;
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}
