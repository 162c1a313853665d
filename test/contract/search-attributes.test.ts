import { expect, it } from 'vitest';

import { searchValue } from '../../src/contract/search-attributes.js';

it('says what an id is as far as Temporal takes it: 2,048 bytes, in whatever letters', () => {
  expect(searchValue('review')).toBe('review');
  for (const letter of ['x', 'ж', '文', '🙂']) {
    const value = searchValue(letter.repeat(5000));
    expect(Buffer.byteLength(value)).toBeLessThanOrEqual(2048);
    expect(Buffer.from(value).toString()).toBe(value);
  }
});
