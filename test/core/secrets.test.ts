import { describe, expect, it } from 'vitest';
import { secretMask } from '../../src/core/secrets.js';

describe('a mask of secrets', () => {
  const mask = secretMask(['p@ss/word"1', 'p@ss/word"1-longer', 'short']);

  it.each([
    ['as they are', 'the key p@ss/word"1 was sent'],
    ['within JSON', JSON.stringify({ key: 'p@ss/word"1' })],
    ['within an address', `postgres://me:${encodeURIComponent('p@ss/word"1')}@db/x`],
  ])('hides them %s', (_, text) => {
    const masked = mask(text);
    expect(masked).toContain('[secret]');
    expect(masked).not.toMatch(/word/);
  });

  it('leaves nothing of a secret behind that another one begins with', () => {
    expect(mask('p@ss/word"1-longer')).toBe('[secret]');
  });

  it('leaves words alone that are too short to be a secret', () => {
    expect(mask('a short word')).toBe('a short word');
  });

  it('of no secrets changes nothing', () => {
    expect(secretMask([])('text')).toBe('text');
  });
});
