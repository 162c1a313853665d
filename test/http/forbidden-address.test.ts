import { describe, expect, it } from 'vitest';

import { parseHostRule } from '../../src/core/web-hosts.js';
import { forbiddenIn, ForbiddenAddress, mayName } from '../../src/http/forbidden-address.js';
import { INNER_URLS } from '../support/inner-urls.js';

const rulesOf = (...texts: string[]) => texts.flatMap((text) => parseHostRule(text) ?? []);

describe('what a definition may name', () => {
  it.each(INNER_URLS)('is not %s, unless that is allowed', (address) => {
    const url = new URL(address);
    expect(mayName(url, [])).toBe(false);
    expect(mayName(url, rulesOf('other.internal', 'localhost:1'))).toBe(false);
    expect(mayName(url, rulesOf(url.host))).toBe(true);
    expect(mayName(url, rulesOf(url.hostname))).toBe(true);
  });

  it.each([
    ...[
      'https://api.openai.com/v1',
      'http://93.184.216.34/',
      'https://[2606:4700::1111]/',
      'https://localhost.example/',
    ],
    ...['http://mylocalhost/', 'http://10.example/', 'http://[64:ff9b::808:808]/'],
  ])('is %s', (address) => {
    expect(mayName(new URL(address), [])).toBe(true);
  });
});

describe('a refusal', () => {
  it('is found behind what failed over it', () => {
    const refusal = new ForbiddenAddress('box');
    const error = new TypeError('fetch failed', { cause: new AggregateError([new Error('a'), refusal]) });
    expect(forbiddenIn(error)).toBe(refusal);
    expect(forbiddenIn(new Error('another', { cause: 'text' }))).toBeUndefined();
  });
});
