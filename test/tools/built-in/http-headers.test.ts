import { describe, expect, it } from 'vitest';

import { headersFor, readHeaders } from '../../../src/tools/built-in/http-headers.js';

const url = new URL('https://shop.example/');
const secretFor = (name: string) => `secret of ${name}`;

describe('headers that a model wrote', () => {
  const given = readHeaders({
    Authorization: 'Bearer x',
    Cookie: 'a=b',
    Key: '${CREDENTIAL_SHOP}',
    Accept: 'text/plain',
  });

  it('go to the first server with credentials filled in', () => {
    expect(headersFor(given, { url, isFirst: true }, secretFor)).toEqual({
      authorization: 'Bearer x',
      cookie: 'a=b',
      key: 'secret of CREDENTIAL_SHOP',
      accept: 'text/plain',
    });
  });

  it('leave behind what opens something where a redirect leads to another server', () => {
    expect(headersFor(given, { url, isFirst: false }, secretFor)).toEqual({ accept: 'text/plain' });
  });

  it('are bounded', () => {
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`h${index}`, 'x']));
    expect(() => readHeaders(many)).toThrow(/at most 50 headers/);
    expect(() => readHeaders({ long: 'x'.repeat(9000) })).toThrow(/8192 bytes/);
  });
});
