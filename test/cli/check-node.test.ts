import { expect, it } from 'vitest';

import { isAtLeast } from '../../src/cli/checks/check-node.js';

it.each([
  ['20.19.0', '20.19', true],
  ['20.9.5', '20.19', false],
  ['22.1.0', '20.19', true],
  ['18.20.4', '20.19', false],
])('version %s against %s: %s', (version, lowest, expected) => {
  expect(isAtLeast(version, lowest)).toBe(expected);
});
