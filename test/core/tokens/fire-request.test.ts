import { describe, expect, it } from 'vitest';

import { parseFireRequest } from '../../../src/core/tokens/fire-request.js';

describe('a fire from an untrusted message', () => {
  it.each([
    undefined,
    null,
    5,
    [],
    {},
    { transitionId: 5 },
    { transitionId: 'a', data: [] },
    { transitionId: 'a', expectedVersion: 1.5 },
  ])('is refused: %j', (message) => {
    expect(parseFireRequest(message)).toHaveProperty('problems');
  });

  it('takes null for absent and drops what it does not know', () => {
    expect(parseFireRequest({ transitionId: 'a', data: null, other: 1 })).toEqual({ value: { transitionId: 'a' } });
  });
});
