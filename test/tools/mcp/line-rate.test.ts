import { describe, expect, it } from 'vitest';

import { LineRate } from '../../../src/tools/mcp/line-rate.js';

describe('the rate of lines', () => {
  it('is exceeded by more than a second may have, and begins anew with the next second', () => {
    const rate = new LineRate(10);
    expect(rate.isExceededBy(6, 5000)).toBe(false);
    expect(rate.isExceededBy(4, 5999)).toBe(false);
    expect(rate.isExceededBy(1, 5999)).toBe(true);
    expect(rate.isExceededBy(10, 6000)).toBe(false);
    expect(rate.isExceededBy(11, 9000)).toBe(true);
  });
});
