/** Which addresses the platform may connect to: the public internet, and what the configuration names. */
import ipaddr from 'ipaddr.js';

export interface AddressPolicy {
  /** Whether a connection to this address is allowed, reached under this host name. */
  allows(address: string, hostname: string): boolean;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Public by their range, yet answered by the cloud's own fabric. */
const fabricAddresses = new Set(['168.63.129.16']);

/** All global unicast there is (RFC 4291 §2.4); what embeds or translates IPv4 lies in special ranges within or outside of it. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

function parse(text: string): Address | undefined {
  // A zone (`fe80::1%eth0`) only ever qualifies link-local addresses.
  if (text.includes('%')) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

/** True for an address of the public internet. IPv6 that carries an IPv4 address inside is not one, whatever it carries. */
export function isPublicAddress(text: string): boolean {
  const address = parse(text);
  if (!address || address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 ? !fabricAddresses.has(text) : address.match(globalUnicast);
}

/** Addresses within an IPv4-mapped IPv6 address are compared as the IPv4 they are. */
function plain(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** @param allow host names, addresses and CIDR blocks that are allowed although they are private */
export function createAddressPolicy(allow: readonly string[]): AddressPolicy {
  const hosts = new Set<string>();
  const blocks: [Address, number][] = [];
  for (const entry of allow) {
    if (ipaddr.isValidCIDR(entry)) blocks.push(ipaddr.parseCIDR(entry));
    else {
      const address = parse(entry);
      if (address) blocks.push([plain(address), address.kind() === 'ipv4' ? 32 : 128]);
      else hosts.add(entry.toLowerCase());
    }
  }
  return {
    allows(text, hostname) {
      if (isPublicAddress(text)) return true;
      const parsed = parse(text);
      if (!parsed) return false;
      const address = plain(parsed);
      if (hosts.has(hostname.toLowerCase())) return true;
      return blocks.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
    },
  };
}
