import { expect, it } from 'vitest';

import { readDecision } from '../../../src/cli/operator/read-decision.js';

it.each([
  ['y', { type: 'approve' }],
  [' Yes ', { type: 'approve' }],
  ['n', { type: 'reject' }],
  ['no  it is too  much', { type: 'reject', reason: 'it is too much' }],
  ['{"amount": 10}', { type: 'approve', arguments: { amount: 10 } }],
  [undefined, { type: 'reject', reason: 'Nobody was there to be asked.' }],
])('%j is a decision', (line, decision) => {
  expect(readDecision(line)).toEqual(decision);
});

it.each(['', 'maybe', 'yesterday', 'nothing', '{"amount": }', '[1]'])('%j is asked for again', (line) => {
  expect(readDecision(line)).toMatchObject({ type: 'unclear' });
});
