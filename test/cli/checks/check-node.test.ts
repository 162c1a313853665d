import { expect, it } from 'vitest';

import { judgeNode } from '../../../src/cli/checks/check-node.js';

const SUPPORTED = '^20.19.0 || ^22.13.0 || >=24.0.0';

it.each([
  ['18.20.4', 'FAIL'],
  ['20.9.5', 'FAIL'],
  ['20.19.0', 'note'],
  ['20.20.2', 'note'],
  ['22.12.0', 'FAIL'],
  ['22.13.0', 'ok'],
  ['23.5.0', 'FAIL'],
  ['24.0.0', 'ok'],
  ['26.1.0', 'ok'],
])('Node %s is %s', (version, state) => {
  const finding = judgeNode(version, SUPPORTED);
  expect(finding.state).toBe(state);
  expect(finding.text).toContain(version);
});

it('says which versions would do, and where to get one', () => {
  const { text } = judgeNode('18.20.4', SUPPORTED);
  expect(text).toContain(SUPPORTED);
  expect(text).toContain('https://nodejs.org/');
});
