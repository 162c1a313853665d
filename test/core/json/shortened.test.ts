import { describe, expect, it } from 'vitest';

import { shortened } from '../../../src/core/json/shortened.js';

describe('a text that is shortened', () => {
  it('stays whole where it fits, and says where it was cut', () => {
    expect(shortened('abc', 3)).toBe('abc');
    expect(shortened('abcd', 3)).toBe('ab…');
  });

  it('is cut between characters, and never longer for that', () => {
    expect(shortened('a🙂bc', 3)).toBe('a…');
    expect(shortened('a🙂bc', 4)).toBe('a🙂…');
  });
});
