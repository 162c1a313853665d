import { describe, expect, it } from 'vitest';

import { executionIdOf } from '../../../src/core/executions/execution-id.js';

describe('execution ids', () => {
  it('say token, transition and number', () => {
    expect(executionIdOf({ tokenId: 'doc', startedBy: 'review', number: 2 })).toBe('doc:review:2');
  });

  it('stay within 200 characters and apart', () => {
    const ids = ['x', 'y'].map((end) =>
      executionIdOf({ tokenId: 'd'.repeat(198) + end, startedBy: 'review', number: 1 }),
    );
    expect(ids.every((id) => id.length <= 200 && /^[A-Za-z0-9].*[A-Za-z0-9]$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(2);
  });
});
