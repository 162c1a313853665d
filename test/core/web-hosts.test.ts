import { describe, expect, it } from 'vitest';

import { allowsHost, hostRuleOf, hostRuleText, namesHost, parseHostRule } from '../../src/core/web-hosts.js';

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
    ['box.internal', 'http://box.internal:1234/v1', true],
    ['box.internal', 'https://box.internal./', true],
    ['box.internal:1234', 'http://box.internal:1234/', true],
    ['box.internal:1234', 'http://box.internal/', false],
    ['*.corp.internal', 'http://box.corp.internal:1234/', true],
    ['*.corp.internal', 'http://corp.internal:1234/', false],
    ['127.0.0.1', 'http://0x7f000001:9/', true],
  ])('%s names the host of %s, at every port where it has none: %s', (rule, url, expected) => {
    expect(namesHost(rulesOf(rule), new URL(url))).toBe(expected);
  });

  it.each(['https://a.example/v1', 'http://a.example.:80/', 'http://[::1]:11434'])(
    'has a rule for host and port of %s, and no more',
    (address) => {
      const url = new URL(address);
      expect(namesHost([hostRuleOf(url)], url)).toBe(true);
      expect(namesHost([hostRuleOf(url)], new URL(`${url.protocol}//${url.hostname}:9`))).toBe(false);
    },
  );

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
