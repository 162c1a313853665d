import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseHostRule } from '../../src/core/web-hosts.js';
import { openWebAccess, type OpenWebAccess } from '../../src/http/open-web-access.js';
import { startFaultServer, type FaultServer } from '../support/fault-server.js';

/** Two servers of this machine, of one name: one of them may be reached at a private address. */
describe('access to the web', () => {
  let allowed: FaultServer;
  let other: FaultServer;
  let web: OpenWebAccess;

  beforeAll(async () => {
    [allowed, other] = await Promise.all([startFaultServer(), startFaultServer()]);
    const named = (server: FaultServer) => parseHostRule(`localhost:${portOf(server)}`) ?? [];
    web = openWebAccess({ hosts: [allowed, other].flatMap(named), privateHosts: [named(allowed)].flat() });
  });

  afterAll(async () => {
    await web.close();
    await Promise.all([allowed.stop(), other.stop()]);
  });

  const portOf = ({ root }: FaultServer) => new URL(root).port;
  const get = (server: FaultServer) =>
    web.send({
      url: `http://localhost:${portOf(server)}/`,
      method: 'GET',
      headersFor: () => ({}),
      signal: new AbortController().signal,
    });

  it('leads to a private address at the port for which that is allowed, and at no other of the same name', async () => {
    allowed.behave((_, response) => void response.end('here'));
    other.behave((_, response) => void response.end('not for you'));
    const answer = await get(allowed);
    expect(Buffer.from((await answer.read(100)).bytes).toString()).toBe('here');
    await expect(get(other)).rejects.toThrow(/no public address/);
  });
});
