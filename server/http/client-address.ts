/** Who sent a request: the address of the connection, or the one a trusted proxy vouches for. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Middleware } from './front-door.ts';

export interface ClientAddress {
  /** IPv4, or IPv6 in its shortest form; `unknown` once the connection is gone. */
  readonly address: string;
  /** What throttles count by: the IPv4 address, or the /64 of an IPv6 address, of which one person has 2^64. */
  readonly throttleKey: string;
  /** Whether the request came through a trusted proxy. */
  readonly proxied: boolean;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function parseAddress(text: string): Address | undefined {
  const bare = text.trim().replace(/%.*$/, '');
  // Only full dotted quads: `ipaddr.js` would also read `1` or `0x7f.1` as IPv4.
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined;
  return ipaddr.process(bare);
}

/** Tells whether an address is one of these addresses or in one of these CIDR blocks. */
export function addressTest(blocks: readonly string[]): (address: string) => boolean {
  const ranges = blocks.map((block) => {
    if (ipaddr.isValidCIDR(block)) return ipaddr.parseCIDR(block);
    const single = ipaddr.process(block);
    return [single, single.kind() === 'ipv4' ? 32 : 128] satisfies [Address, number];
  });
  return (text) => {
    const address = parseAddress(text);
    if (!address) return false;
    return ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
  };
}

function describe(text: string | undefined, proxied: boolean): ClientAddress {
  const address = text === undefined ? undefined : parseAddress(text);
  if (!address) return { address: 'unknown', throttleKey: 'unknown', proxied };
  if (address instanceof ipaddr.IPv4) {
    return { address: address.toString(), throttleKey: address.toString(), proxied };
  }
  const network = address.parts.slice(0, 4).map((part) => part.toString(16));
  return { address: address.toRFC5952String(), throttleKey: `${network.join(':')}::/64`, proxied };
}

const known = new WeakMap<IncomingMessage, ClientAddress>();

/** Of connections without a proxy: the same for all their requests. */
const direct = new WeakMap<Socket, ClientAddress>();

function describeDirect(socket: Socket): ClientAddress {
  const found = direct.get(socket) ?? describe(socket.remoteAddress, false);
  // The address of a connection that is gone cannot be had any more.
  if (socket.remoteAddress !== undefined) direct.set(socket, found);
  return found;
}

/** The sender of a request; the bare connection's address where `readClientAddress` was not mounted. */
export function clientAddress(req: IncomingMessage): ClientAddress {
  return known.get(req) ?? describeDirect(req.socket);
}

/**
 * Reads X-Forwarded-For from right to left, as far as the proxies that wrote it are trusted: what stands left of the first
 * stranger was written by that stranger.
 */
export function readClientAddress(trustedProxies: readonly string[]): Middleware {
  const trusted = addressTest(trustedProxies);
  return (req, _res, next) => {
    const peer = req.socket.remoteAddress;
    if (peer === undefined || !trusted(peer)) {
      known.set(req, describeDirect(req.socket));
    } else {
      const forwarded = req.headers['x-forwarded-for'];
      const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',').reverse();
      let client = peer;
      for (const hop of hops) {
        if (!parseAddress(hop)) break;
        client = hop;
        if (!trusted(hop)) break;
      }
      known.set(req, describe(client, true));
    }
    next();
  };
}
