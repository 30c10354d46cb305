/** Which addresses are public: every special range there is, in every spelling. */
import assert from 'node:assert/strict';
import { createAddressPolicy, isPublicAddress } from '../../../server/net/address-policy.ts';

const forbidden: readonly (readonly [string, string])[] = [
  ['0.0.0.0', 'this host (RFC 1122)'],
  ['0.1.2.3', 'this network'],
  ['10.0.0.1', 'private (RFC 1918)'],
  ['10.255.255.255', 'private'],
  ['100.64.0.1', 'carrier-grade NAT (RFC 6598)'],
  ['100.100.100.200', 'metadata of a cloud within carrier-grade NAT'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['168.63.129.16', 'a cloud’s fabric'],
  ['169.254.169.254', 'metadata'],
  ['169.254.170.2', 'container credentials'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.192', 'protocol assignments'],
  ['192.0.2.1', 'documentation'],
  ['192.168.0.1', 'private'],
  ['198.18.0.1', 'benchmarking'],
  ['198.51.100.1', 'documentation'],
  ['203.0.113.1', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::127.0.0.1', 'IPv4-compatible'],
  ['::7f00:1', 'IPv4-compatible'],
  ['::ffff:127.0.0.1', 'IPv4-mapped loopback'],
  ['::ffff:7f00:1', 'IPv4-mapped loopback'],
  ['::ffff:169.254.169.254', 'IPv4-mapped metadata'],
  ['::ffff:8.8.8.8', 'IPv4-mapped'],
  ['::ffff:0:127.0.0.1', 'IPv4-translated (RFC 2765)'],
  ['64:ff9b::7f00:1', 'NAT64 of loopback'],
  ['64:ff9b::169.254.169.254', 'NAT64 of metadata'],
  ['64:ff9b:1::1', 'local NAT64 (RFC 8215)'],
  ['100::1', 'discard'],
  ['2001::1', 'Teredo'],
  ['2001:db8::1', 'documentation'],
  ['2002:7f00:1::', '6to4 of loopback'],
  ['2002:a9fe:a9fe::', '6to4 of metadata'],
  ['fc00::1', 'unique local'],
  ['fd00:ec2::254', 'metadata'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local with a zone'],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
  ['5f00::1', 'segment routing'],
  ['2130706433', 'no address: one number'],
  ['0x7f000001', 'no address: hexadecimal'],
  ['0177.0.0.1', 'no address: octal'],
  ['127.1', 'no address: short'],
  ['localhost', 'no address'],
  ['', 'no address'],
];

describe('isPublicAddress', () => {
  for (const [address, what] of forbidden) {
    it(`refuses ${address} (${what})`, () => {
      assert.equal(isPublicAddress(address), false);
    });
  }

  for (const address of [
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '168.63.129.17',
    '2606:4700:4700::1111',
    '2a00::1',
  ]) {
    it(`takes ${address}`, () => {
      assert.equal(isPublicAddress(address), true);
    });
  }
});

describe('createAddressPolicy', () => {
  const policy = createAddressPolicy(['10.1.0.0/16', '127.0.0.1', '::1', 'Hooks.Internal', '::ffff:192.168.7.7']);

  it('allows private addresses that are named, by block or one by one', () => {
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '127.0.0.1', '::1', '192.168.7.7']) {
      assert.ok(policy.allows(address, 'any.example'), address);
    }
    for (const address of ['10.2.0.1', '127.0.0.2', '::2', '192.168.7.8']) {
      assert.ok(!policy.allows(address, 'any.example'), address);
    }
  });

  it('allows any address of a host that is named, and of no other', () => {
    assert.ok(policy.allows('172.16.0.9', 'HOOKS.internal'));
    assert.ok(!policy.allows('172.16.0.9', 'a.hooks.internal'));
    assert.ok(!policy.allows('172.16.0.9', 'hooks.internal.evil.example'));
    assert.ok(!policy.allows('nonsense', 'hooks.internal'));
  });
});
