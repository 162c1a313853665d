import { expect, it } from 'vitest';

import { withoutEndingSlashes } from '../../src/core/ending-slashes.js';

it.each([
  ['http://here', 'http://here'],
  ['http://here/', 'http://here'],
  ['http://here/v1//', 'http://here/v1'],
  ['http://here//v1', 'http://here//v1'],
  ['///', ''],
])('the slashes that an address ends in are left out, and no other: %s', (address, without) => {
  expect(withoutEndingSlashes(address)).toBe(without);
});
