/** Opens connections to allowed addresses only: what was checked is what is connected to, so a name that changes its mind gains nothing. */
import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressPolicy } from './address-policy.ts';

/** The shape of `dns.lookup` asked for all addresses. */
export type Lookup = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

function refused(address: string): Error {
  return new Error(`the address ${address} is not public and not allowed`);
}

/** Resolves a name and hands on its addresses only if every one is allowed: a mixture is an attack or a mistake. */
function guardedLookup(policy: AddressPolicy, lookup: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses;
      const forbidden = error ? undefined : addresses.find(({ address }) => !policy.allows(address, hostname));
      const failure =
        error ?? (forbidden ? refused(forbidden.address) : undefined) ?? (first ? undefined : new Error('no address'));
      if (failure || !first) callback(failure ?? refused(hostname), '', 0);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** A connector for undici's Agent. @param timeoutMs to establish the connection, TLS included */
export function guardedConnector(
  policy: AddressPolicy,
  timeoutMs: number,
  lookup: Lookup = systemLookup,
  rejectUnauthorized = true,
): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, lookup: guardedLookup(policy, lookup), rejectUnauthorized });
  return (options, callback) => {
    // An address written into the URL is never looked up, so it is checked here.
    const literal = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !policy.allows(literal, literal)) callback(refused(literal), null);
    else connect(options, callback);
  };
}
