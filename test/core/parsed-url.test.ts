import { describe, expect, it } from 'vitest';

import { parsedUrl } from '../../src/core/parsed-url.js';

describe('an address', () => {
  it('is read', () => {
    expect(parsedUrl('http://b\u00fccher.example/a')?.hostname).toBe('xn--bcher-kva.example');
    expect(parsedUrl('/a', 'http://example.com/b')?.href).toBe('http://example.com/a');
  });

  it.each(['', 'http://', 'http://a b', 'no address'])('is not what %j is', (text) => {
    expect(parsedUrl(text)).toBeUndefined();
  });

  it('is none as often as a text of Latin-1 is read that is none', () => {
    for (let time = 0; time < 20_000; time += 1) expect(parsedUrl('http://\u00ea\u00b8\u00b5-0')).toBeUndefined();
  });
});
