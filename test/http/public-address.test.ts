import { expect, it } from 'vitest';

import { isLinkLocal, isPublicAddress } from '../../src/http/public-address.js';

it.each(['8.8.8.8', '93.184.216.34', '172.32.0.1', '2606:4700::1111'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

it.each([
  ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254', '172.16.0.1', '192.168.1.1'],
  ...['198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'fc00::1', 'fd12::1', 'ff02::1'],
  ...[
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
  ],
])('%s is not', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

it.each([
  ['169.254.169.254', true],
  ['fe80::1', true],
  ['::ffff:169.254.169.254', true],
  ['10.0.0.1', false],
  ['fd00:ec2::254', false],
])('%s is of the link only: %s', (address, expected) => {
  expect(isLinkLocal(address)).toBe(expected);
});
