import { expect, it } from 'vitest';

import { networkOf } from '../../../src/api/access/network-of.js';

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['nowhere', 'nowhere'],
])('%s belongs to %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
