import { BlockList, isIPv6 } from 'node:net';

/**
 * Ranges of IPv4 that are no place on the internet: RFC 6890 and what was added to its registry; and the one address at
 * which Azure tells its machines their secrets.
 */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;
/** Within the global unicast range: what tunnels to IPv4, or is for protocols and documents. */
const SPECIAL_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

/** Where a network of IPv6 alone reaches IPv4 (NAT64): the address of the one within that of the other. */
const NAT64 = '64:ff9b::';

const special = new BlockList();
for (const [net, prefix] of SPECIAL_IPV4) {
  special.addSubnet(net, prefix, 'ipv4');
  special.addSubnet(`${NAT64}${net}`, 96 + prefix, 'ipv6');
}
for (const [net, prefix] of SPECIAL_IPV6) special.addSubnet(net, prefix, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
global6.addSubnet(NAT64, 96, 'ipv6');

/** Where clouds tell the secrets of a machine: most at link-local addresses; AWS, Google, Alibaba, Oracle and Azure also at these. */
const METADATA_IPV4 = [
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['168.63.129.16', 32],
] as const;
const METADATA_IPV6 = [
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['fd20:ce::254', 128],
] as const;
const metadata = new BlockList();
for (const [net, prefix] of METADATA_IPV4) metadata.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of METADATA_IPV6) metadata.addSubnet(net, prefix, 'ipv6');
/** An IPv4 address within IPv6, in whichever way: no resolver gives one of itself, so it is somebody's way around. */
const embedding = new BlockList();
for (const [net, prefix] of [
  ['::', 80],
  ['64:ff9b::', 32],
  ['2002::', 16],
] as const)
  embedding.addSubnet(net, prefix, 'ipv6');
const LOOPBACK6 = '::1';

/** Whether an address is one of the public internet: no private, loopback, link-local or other special one. */
export function isPublicAddress(address: string): boolean {
  if (!isIPv6(address)) return !special.check(address, 'ipv4');
  return global6.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/** Whether clouds tell the secrets of a machine at an address, or it may hide one where they do. */
export function isMetadataAddress(address: string): boolean {
  if (!isIPv6(address)) return metadata.check(address, 'ipv4');
  if (address === LOOPBACK6) return false;
  return address.includes('%') || embedding.check(address, 'ipv6') || metadata.check(address, 'ipv6');
}
