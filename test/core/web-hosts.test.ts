import { describe, expect, it } from 'vitest';

import { allowsHost, hostRuleText, parseHostRule } from '../../src/core/web-hosts.js';

const rulesOf = (...texts: string[]) => texts.flatMap((text) => parseHostRule(text) ?? []);

describe('a list of hosts', () => {
  it.each([
    ['api.example.com', 'https://api.example.com/a', true],
    ['api.example.com', 'https://API.example.com.:443/', true],
    ['api.example.com', 'http://api.example.com/', true],
    ['api.example.com', 'https://api.example.com:8443/', false],
    ['api.example.com', 'http://api.example.com:443/', false],
    ['api.example.com', 'https://evil-api.example.com/', false],
    ['api.example.com', 'https://api.example.com.evil.org/', false],
    ['api.example.com', 'https://api.example.com@evil.org/', false],
    ['api.example.com:8443', 'https://api.example.com:8443/', true],
    ['api.example.com:8443', 'https://api.example.com/', false],
    ['*.example.com', 'https://a.b.example.com/', true],
    ['*.example.com', 'https://example.com/', false],
    ['*.example.com', 'https://badexample.com/', false],
    ['*.example.com:80', 'http://a.example.com/', true],
    ['127.0.0.1:8080', 'http://2130706433:8080/', true],
    ['127.0.0.1:8080', 'http://0177.0.0.1:8080/', true],
    ['[::1]:8080', 'http://[0:0:0:0:0:0:0:1]:8080/', true],
    ['Bücher.example', 'https://xn--bcher-kva.example/', true],
  ])('%s lets a request go to %s: %s', (rule, url, expected) => {
    expect(allowsHost(rulesOf(rule), new URL(url))).toBe(expected);
  });

  it.each([
    '',
    '*',
    '*.com',
    'a b',
    'https://a.example',
    'a.example/path',
    'u@a.example',
    'a.example:',
    'a.example:x',
    '*.*.a.b',
  ])('has no place for "%s"', (text) => {
    expect(parseHostRule(text)).toBeUndefined();
  });

  it('is shown as it was written', () => {
    expect(rulesOf('*.Example.com:443', 'a.example').map(hostRuleText)).toEqual(['*.example.com:443', 'a.example']);
  });
});
