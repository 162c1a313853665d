import type { LookupAddress } from 'node:dns';

import { Agent, request, type Dispatcher } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { parseHostRule } from '../../src/core/web-hosts.js';
import { ForbiddenAddress, forbiddenIn } from '../../src/http/forbidden-address.js';
import { judgedConnect, type LookUp } from '../../src/http/judged-connect.js';
import { startFaultServer, type FaultServer } from '../support/fault-server.js';

const LOOPBACK = { address: '127.0.0.1', family: 4 };
/** Public by its range, and given to nobody any more. */
const PUBLIC = { address: '3ffe::1', family: 6 };

describe('a connection', () => {
  let server: FaultServer;
  let port: string;
  const dispatchers: Dispatcher[] = [];

  beforeAll(async () => {
    server = await startFaultServer();
    server.behave((_, response) => void response.end('inner'));
    ({ port } = new URL(server.root));
  });
  afterEach(async () => {
    await Promise.all(dispatchers.splice(0).map((one) => one.destroy()));
  });
  afterAll(() => server.stop());

  /** A resolver that gives one answer after the other, and the last for ever. */
  function resolver(...answers: readonly (readonly LookupAddress[])[]) {
    let asked = 0;
    const lookup: LookUp = (_name, _options, done) => {
      const answer = answers[Math.min(asked, answers.length - 1)] ?? [];
      asked += 1;
      done(null, [...answer]);
    };
    return { lookup, asked: () => asked };
  }

  function connections(lookup: LookUp, ...allowed: readonly string[]): Dispatcher {
    const privateHosts = allowed.flatMap((text) => parseHostRule(text) ?? []);
    const dispatcher = new Agent({ connect: judgedConnect({ privateHosts, timeoutMs: 300, lookup }) });
    dispatchers.push(dispatcher);
    return dispatcher;
  }

  async function get(dispatcher: Dispatcher, host = `box.example:${port}`): Promise<string> {
    const { body } = await request(`http://${host}/`, { dispatcher, headers: { authorization: 'Bearer planted' } });
    return await body.text();
  }

  const refusalOf = async (getting: Promise<string>) => forbiddenIn(await getting.catch((error: unknown) => error));

  it('is not made to a name that leads within, and nothing is sent', async () => {
    const before = server.opened;
    const refusal = await refusalOf(get(connections(resolver([LOOPBACK]).lookup)));
    expect(refusal?.message).toBe(
      `box.example:${port} has no public address, and ALLOWED_PRIVATE_HOSTS does not name it.`,
    );
    expect(server.opened).toBe(before);
  });

  it('goes to what was judged, where a name means another address a moment later', async () => {
    const before = server.opened;
    const { lookup, asked } = resolver([PUBLIC], [LOOPBACK]);
    const dispatcher = connections(lookup);
    const first = await get(dispatcher).catch((error: unknown) => error);
    expect(first).toBeInstanceOf(Error);
    expect([forbiddenIn(first), asked()]).toEqual([undefined, 1]);
    expect(await refusalOf(get(dispatcher))).toBeInstanceOf(ForbiddenAddress);
    expect([server.opened, asked()]).toEqual([before, 2]);
  });

  it('goes to none of the inner addresses among several', async () => {
    const before = server.opened;
    const answers = [
      LOOPBACK,
      { address: '::1', family: 6 },
      { address: '100::1', family: 6 },
      { address: '::ffff:127.0.0.1', family: 6 },
    ];
    expect(await refusalOf(get(connections(resolver(answers).lookup)))).toBeInstanceOf(ForbiddenAddress);
    expect(server.opened).toBe(before);
  });

  it('goes within where that is allowed, at that port and no other, with one look-up for all that it carries', async () => {
    const { lookup, asked } = resolver([LOOPBACK]);
    const dispatcher = connections(lookup, `box.example:${port}`);
    const before = server.opened;
    for (let n = 0; n < 20; n += 1) expect(await get(dispatcher)).toBe('inner');
    expect(asked()).toBe(server.opened - before);
    expect(asked()).toBeLessThan(5);
    expect(await refusalOf(get(dispatcher, `box.example:${Number(port) - 1}`))).toBeInstanceOf(ForbiddenAddress);
  });

  it('is judged without a look-up where an address has no name', async () => {
    const { lookup, asked } = resolver([LOOPBACK]);
    const named = `127.0.0.1:${port}`;
    expect(await refusalOf(get(connections(lookup), named))).toBeInstanceOf(ForbiddenAddress);
    expect(await get(connections(lookup, '127.0.0.1'), named)).toBe('inner');
    expect(await refusalOf(get(connections(lookup, '127.0.0.1'), `[::ffff:7f00:1]:${port}`))).toBeInstanceOf(
      ForbiddenAddress,
    );
    expect(asked()).toBe(0);
  });

  it.each(['169.254.169.254', 'fd00:ec2::254', '::ffff:a9fe:a9fe'])(
    'is not made to %s under a name that is allowed: clouds tell secrets there',
    async (address) => {
      const { lookup } = resolver([{ address, family: address.includes(':') ? 6 : 4 }]);
      const refusal = await refusalOf(get(connections(lookup, 'box.example')));
      expect(refusal?.message).toMatch(/tell the secrets of a machine: ALLOWED_PRIVATE_HOSTS would have to name that/);
    },
  );
});
