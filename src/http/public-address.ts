import { BlockList, isIPv6 } from 'node:net';

/** Ranges of IPv4 that are no place on the internet: RFC 6890 and what was added to its registry. */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
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

const special = new BlockList();
for (const [net, prefix] of SPECIAL_IPV4) special.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of SPECIAL_IPV6) special.addSubnet(net, prefix, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');
/** An IPv4 address within IPv6, as `::ffff:10.0.0.1`: no resolver gives one of itself, so it is somebody's way around. */
const MAPPED = /^::ffff:/i;

/** Whether an address is one of the public internet: no private, loopback, link-local or other special one. */
export function isPublicAddress(address: string): boolean {
  if (!isIPv6(address)) return !special.check(address, 'ipv4');
  return global6.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/** Whether an address is of the link only, where clouds tell the secrets of a machine, or may hide one that is. */
export function isLinkLocal(address: string): boolean {
  return MAPPED.test(address) || linkLocal.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
