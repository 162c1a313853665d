import { describe, expect, it } from 'vitest';

import { contentHash } from '../src/content-hash.js';

describe('the hash of content', () => {
  it('is the same in whatever order members are', () => {
    expect(contentHash({ a: 1, b: { c: [], d: null } })).toBe(contentHash({ b: { d: null, c: [] }, a: 1 }));
    expect(contentHash({ a: [1, 2] })).not.toBe(contentHash({ a: [2, 1] }));
  });

  it('is what earlier versions have kept', () => {
    expect(contentHash({ workflowId: 'review', data: { text: 'Hello' } })).toBe(
      'f78907cde63eb2f56b10f6f2caf2231a3e5fb709aa3b3592f75f33aae5b4d414',
    );
  });
});
