import { describe, expect, it } from 'vitest';
import { secretMask, showsSecret } from '../../src/core/secrets.js';

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

describe('a text that repeats a secret', () => {
  const secret = 'Planted"key/with spaces-01';
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it.each([
    ['as it is', `no such key: ${secret}`],
    ['in another case', secret.toUpperCase()],
    ['within JSON', JSON.stringify(JSON.stringify({ secret }))],
    ['within an address', encodeURIComponent(secret).toLowerCase()],
    ['over two lines', secret.replace(' ', '\n')],
    ['in base64', base64(secret)],
    ['in base64 behind a name', base64(`user:${secret}`)],
    ['in base64 behind another name', base64(`users:${secret}, and more`)],
  ])('is found out when it has it %s', { tags: 'no-secrets' }, (_, text) => {
    expect(showsSecret(text, [secret])).toBe(true);
  });

  it('is one that does: others are left alone, however long they are', () => {
    expect(showsSecret('\\'.repeat(200_000) + 'The model is overloaded. '.repeat(10_000), [secret])).toBe(false);
    expect(showsSecret('anything', [])).toBe(false);
  });
});
