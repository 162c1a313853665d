import { describe, expect, it } from 'vitest';

import { summaryOf } from '../../src/contract/summary.js';

describe('a summary', () => {
  it('has 200 bytes at most, whatever letters its names are written in', () => {
    expect(summaryOf('Agent a')).toBe('Agent a');
    for (const name of ['x', 'ж', '文', '🙂']) {
      const summary = summaryOf(`Agent ${name.repeat(300)}`);
      expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(200);
      expect(Buffer.byteLength(summary)).toBeGreaterThan(190);
      expect(Buffer.from(summary).toString()).toBe(summary);
    }
  });
});
