/** Whether a request comes from the machine that it asks. */
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { isLoopbackHost } from '../config/public-url.ts';

/**
 * Whether a program on this machine asks for itself. A proxy on this machine does not: it forwards a public Host or says
 * whom it forwards for; nor does a browser that a foreign page sent here by a name of its own. Asked before `pinHost`.
 */
export function isLocal(req: IncomingMessage): boolean {
  const peer = req.socket.remoteAddress;
  if (peer === undefined || ipaddr.process(peer).range() !== 'loopback') return false;
  const forwarded = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];
  if (forwarded.some((name) => req.headers[name] !== undefined)) return false;
  return isLoopbackHost((req.headers.host ?? '').replace(/:\d+$/, ''));
}
