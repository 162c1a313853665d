import { describe, expect, it } from 'vitest';

import { ANY_HOST, parseHostRule } from '../../src/core/web-hosts.js';
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

describe('where all hosts are allowed', () => {
  it.each([
    ...[
      'http://127.0.0.1:1234/',
      'http://localhost:1234/',
      'http://2130706433/',
      'http://[::1]/',
      'http://box.internal/',
    ],
    ...['http://10.1.2.3/', 'http://192.168.0.9/', 'http://172.16.0.1/', 'http://[fd12:3456::1]/'],
  ])('%s may be named', (address) => {
    expect(mayName(new URL(address), [ANY_HOST])).toBe(true);
  });

  it.each([
    ...['http://169.254.169.254/', 'http://2852039166/', 'http://0xa9fea9fe/', 'http://169.254.169.254./'],
    ...['http://[::ffff:169.254.169.254]/', 'http://[fe80::1]/', 'http://[fd00:ec2::254]/', 'http://168.63.129.16/'],
  ])('%s may not: clouds tell the secrets of a machine there', (address) => {
    expect(mayName(new URL(address), [ANY_HOST])).toBe(false);
  });

  it('those have to be named', () => {
    const url = new URL('http://169.254.169.254/latest');
    expect(mayName(url, [ANY_HOST, ...rulesOf('169.254.169.254')])).toBe(true);
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
