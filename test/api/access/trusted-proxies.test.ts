import { describe, expect, it } from 'vitest';

import { TrustedProxies, type Told } from '../../../src/api/access/trusted-proxies.js';

function from(remoteAddress: string | undefined, forwarded?: string): Told {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { socket: { remoteAddress }, headers };
}

describe('where a request comes from', () => {
  const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::ffff:198.51.100.1']);

  it.each([
    ['says its connection, whatever anybody else says', '203.0.113.5', '1.2.3.4', '203.0.113.5'],
    ['says a trusted proxy', '10.1.2.3', '203.0.113.5', '203.0.113.5'],
    ['says the last proxy that is trusted, and no further', '10.1.2.3', '1.2.3.4, 203.0.113.5', '203.0.113.5'],
    ['says the first of a row of trusted proxies', '10.1.2.3', '203.0.113.5, 192.0.2.7,10.9.9.9', '203.0.113.5'],
    ['says a trusted proxy of IPv6', 'fd00::1', '2001:db8::5', '2001:db8::5'],
    ['says a proxy on a socket that takes both', '::ffff:10.1.2.3', '::ffff:203.0.113.5', '203.0.113.5'],
    ['says a proxy that is named as on such a socket', '198.51.100.1', '203.0.113.5', '203.0.113.5'],
    ['says a proxy, with a port', '10.1.2.3', '203.0.113.5:8080', '203.0.113.5'],
    ['says a proxy, with a port, in brackets', '10.1.2.3', '[2001:db8::5]:8080', '2001:db8::5'],
    ['is the proxy itself where it says nothing', '10.1.2.3', undefined, '10.1.2.3'],
    ['is the proxy itself where it says no address', '10.1.2.3', '203.0.113.5, unknown', '10.1.2.3'],
    ['is the farthest where all are trusted', '10.1.2.3', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
  ])('%s', (_, remote, forwarded, expected) => {
    expect(proxies.callerAddress(from(remote, forwarded))).toBe(expected);
  });

  it('says nobody once the connection is gone', () => {
    expect(proxies.callerAddress(from(undefined, '203.0.113.5'))).toBeUndefined();
  });
});
