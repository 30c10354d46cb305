/** The listening socket: its limits, a clear word when it cannot listen, and a drain that loses no answer. */
import { createServer } from 'node:http';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import { ConfigError } from '../config.ts';
import type { Log } from '../kernel/log.ts';
import { holdToDeadline } from './sender-pace.ts';

export interface ListenOptions {
  readonly app: RequestListener;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log: Log;
  /** How long a body may take. */
  readonly bodyMs?: number;
}

export interface HttpServer {
  /** The port that was taken. */
  readonly port: number;
  /** Stops accepting, lets requests in progress finish, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const limits = {
  maxHeaderSize: 16 * 1024,
  /** From the first byte of a request to the last of its head: a slow sender holds no socket for long. */
  headersTimeout: 10_000,
  /** Ours instead, as long bodies have another. */
  requestTimeout: 0,
  /** Longer than the 60 s after which usual balancers drop an idle connection, so that they never meet a closing one. */
  keepAliveTimeout: 65_000,
} as const;

/** From the head of a request to the last byte of its body, where it is not read as a stream. */
const usualBodyMs = 30_000;

const drainSweepMs = 50;

/** @throws ConfigError when the host and port cannot be had, naming the setting to change */
export async function listen({ app, host, port, log, bodyMs = usualBodyMs }: ListenOptions): Promise<HttpServer> {
  const answering = new Set<ServerResponse>();
  const server = createServer(limits, (req, res) => {
    holdToDeadline(req, res, bodyMs);
    answering.add(res);
    res.once('close', () => answering.delete(res));
    if (!server.listening) endConnection(res);
    app(req, res);
  });
  server.maxHeadersCount = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(listenError(error, host, port));
    });
    server.listen(port, host, () => {
      resolve();
    });
  });
  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : port;
  log.info({ host, port: taken }, 'Listening.');
  return { port: taken, close: (graceMs) => drain(server, answering, graceMs, log) };
}

function listenError(error: Error, host: string, port: number): Error {
  const code = 'code' in error ? error.code : undefined;
  const holds = String(port);
  switch (code) {
    case 'EADDRINUSE': {
      const expected = `another program listens on ${host}:${holds}; stop it or choose a free port`;
      return new ConfigError([{ name: 'HTTP_PORT', holds, expected }]);
    }
    case 'EACCES':
      return new ConfigError([
        { name: 'HTTP_PORT', holds, expected: 'this user may not listen on it; choose one from 1024' },
      ]);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ConfigError([
        { name: 'HTTP_HOST', holds: host, expected: 'this machine has no such address; try 127.0.0.1' },
      ]);
    default:
      return error;
  }
}

/** Tells the caller that this answer is the last of its connection, as long as it can still be told. */
function endConnection(res: ServerResponse): void {
  if (!res.headersSent) res.setHeader('Connection', 'close');
}

async function drain(server: Server, answering: ReadonlySet<ServerResponse>, graceMs: number, log: Log): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  answering.forEach(endConnection);
  // Whose head had already been sent stays open as keep-alive after its answer: swept once it is idle.
  const sweep = setInterval(() => {
    server.closeIdleConnections();
  }, drainSweepMs);
  const cut = setTimeout(() => {
    log.warn({ grace_ms: graceMs }, 'Requests were still in progress when the time to finish them ended.');
    server.closeAllConnections();
  }, graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
