/** Of an IPv6 address its first half belongs to one subscriber, who may use as many of the others as they like. */
const GROUPS = 8;
const OF_SUBSCRIBER = 4;

/** Whose an address is, as far as it can be told: an IPv4 address itself, of an IPv6 one the network (/64). */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const gap = tail === undefined ? 0 : Math.max(GROUPS - before.length - after.length, 0);
  const groups = [...before, ...Array<string>(gap).fill('0'), ...after];
  const network = groups.slice(0, OF_SUBSCRIBER).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
