import { brotliCompressSync, gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { wordsOfMisfits } from '../../../src/core/json/problem.js';
import type { JsonObject } from '../../../src/core/json/json.js';
import { secretMask } from '../../../src/core/secrets.js';
import { parseHostRule } from '../../../src/core/web-hosts.js';
import { openWebAccess, type OpenWebAccess } from '../../../src/http/open-web-access.js';
import { httpFetchTool } from '../../../src/tools/built-in/http-fetch.js';
import { ToolError } from '../../../src/tools/tool-error.js';
import type { Tool } from '../../../src/tools/tool.js';
import { startFaultServer, type FaultServer } from '../../support/fault-server.js';
import { MemoryLogger } from '../../support/memory-logger.js';

const SECRET = 'sesame-open-123';

let server: FaultServer;
let other: FaultServer;
let web: OpenWebAccess;
let tool: Tool;

const ruleOf = (root: string) => parseHostRule(new URL(root).host) ?? { name: 'none', isWildcard: false };

beforeAll(async () => {
  [server, other] = await Promise.all([startFaultServer(), startFaultServer()]);
  web = openWebAccess({
    hosts: [
      ruleOf(server.root),
      ...['localhost', 'public.example'].flatMap((name) => parseHostRule(`${name}:${new URL(other.root).port}`) ?? []),
    ],
    privateHosts: [ruleOf(server.root)],
  });
  const secretFor = (name: string, url: URL) => {
    if (name === 'CREDENTIAL_SHOP' && url.host === new URL(server.root).host) return SECRET;
    throw new ToolError(`${name} is not bound to ${url.host}, so it was not sent.`);
  };
  tool = httpFetchTool({ web, secretFor, mask: secretMask([SECRET]) });
});

afterAll(async () => {
  await web.close();
  await Promise.all([server.stop(), other.stop()]);
});

async function call(given: JsonObject, signal = new AbortController().signal): Promise<JsonObject> {
  const read = await tool.read(given);
  if ('misfits' in read) throw new Error(wordsOfMisfits(read.misfits));
  const context = { signal, executionId: 'e', idempotencyKey: 'e:1:0', logger: new MemoryLogger() };
  return (await tool.run(read.value, context)) as JsonObject;
}

const answers = (body: string | Buffer, headers: Record<string, string> = {}, status = 200) => {
  server.behave((_, response) => void response.writeHead(status, headers).end(body));
};

describe('http.fetch', () => {
  it('gives status and body: JSON as what it says, text as it is', async () => {
    answers('{"total": 12}', { 'content-type': 'application/json' });
    expect(await call({ url: `${server.root}/orders/7` })).toMatchObject({ status: 200, body: { total: 12 } });
    answers('no such order', { 'content-type': 'text/plain; charset=latin1' }, 404);
    expect(await call({ url: server.root })).toMatchObject({ status: 404, body: 'no such order' });
  });

  it('sends JSON as such, with the key of the call, and text as it was given', async () => {
    answers('{}');
    await call({ url: server.root, method: 'POST', body: { order: 7 } });
    expect(server.bodies.at(-1)).toEqual({ order: 7 });
    expect(server.headers.at(-1)).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'e:1:0' });
    await call({ url: server.root });
    expect(server.headers.at(-1)).not.toHaveProperty('idempotency-key');
  });

  it('is made again after a lost attempt only where it looks', () => {
    expect([{}, { method: 'HEAD' }, { method: 'POST' }].map((given) => tool.isRepeatable?.(given))).toEqual([
      true,
      true,
      false,
    ]);
    expect(tool.idempotent).toBe(false);
  });

  it('names the hosts that it reaches, and reaches no other', async () => {
    expect(tool.description).toContain(new URL(server.root).host);
    await expect(call({ url: 'https://example.org/' })).rejects.toThrow(
      /example\.org may not be reached; these may be: /,
    );
  });

  it.each(['ftp://a.example/', 'file:///etc/passwd', 'nonsense', 'http://u:p@localhost/'])(
    'refuses %s',
    async (url) => {
      await expect(call({ url })).rejects.toBeInstanceOf(ToolError);
    },
  );

  it('reaches no private address under a name that is allowed', async () => {
    const { port } = new URL(other.root);
    await expect(call({ url: `http://localhost:${port}/` })).rejects.toThrow(/no public address/);
    await expect(call({ url: `http://2130706433:${port}/` })).rejects.toThrow(/may not be reached/);
    expect(other.opened).toBe(0);
  });

  it('follows a redirect to a host that is allowed, up to five times, and no other', async () => {
    server.behave((request, response) => {
      const [, count = '0'] = /\/hop\/(\d+)/.exec(request.url ?? '') ?? [];
      const next = Number(count) + 1;
      response.writeHead(next > 5 ? 200 : 302, { location: `/hop/${next}` }).end('there');
    });
    expect(await call({ url: `${server.root}/hop/0` })).toMatchObject({ status: 200, url: `${server.root}/hop/5` });
    server.behave((_, response) => void response.writeHead(302, { location: '/again' }).end());
    expect(await call({ url: server.root })).toMatchObject({
      status: 302,
      note: expect.stringContaining('more than 5') as string,
    });
    server.behave((_, response) => void response.writeHead(302, { location: `${other.root}/x?key=1` }).end());
    expect(await call({ url: server.root })).toMatchObject({
      status: 302,
      note: `It sends on to ${other.root}/x, which is not followed.`,
    });
    expect(other.opened).toBe(0);
  });

  it('fills credentials in for hosts that may have them, and shows them to nobody', async () => {
    server.behave((request, response) => void response.end(`you sent ${request.headers.authorization ?? ''}`));
    const headers = { Authorization: 'Bearer ${CREDENTIAL_SHOP}' };
    expect(await call({ url: server.root, headers })).toMatchObject({ body: 'you sent Bearer [secret]' });
    expect(server.headers.at(-1)).toMatchObject({ authorization: `Bearer ${SECRET}` });
    server.behave(({ url, headers: { authorization = '' } }, response) => {
      if (url === '/old') response.writeHead(301, { location: '/new' }).end();
      else response.end(authorization === '' ? 'no' : 'yes');
    });
    expect(await call({ url: `${server.root}/old`, headers })).toMatchObject({ body: 'yes' });
    await expect(call({ url: server.root, headers: { a: '${CREDENTIAL_OTHER}' } })).rejects.toThrow(/not bound/);
    await expect(call({ url: server.root, headers: { a: '${PATH}' } })).rejects.toThrow(/no credential/);
  });

  it.each([
    { host: 'evil.example' },
    { 'Content-Length': '3' },
    { 'proxy-authorization': 'x' },
    { 'a b': 'x' },
    { a: 'x\r\nb: c' },
  ])('sets no header that is the connection’s own, and none that is none: %j', async (headers) => {
    await expect(call({ url: server.root, headers: { ...headers } })).rejects.toBeInstanceOf(ToolError);
  });

  it('reads no more than fits, also of what is packed, and says so', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 'a'));
    answers(bomb, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
    const shown = await call({ url: server.root });
    expect(JSON.stringify(shown).length).toBeLessThan(64 * 1024);
    expect(shown).toMatchObject({ cut: expect.stringContaining('more than 61440 bytes') as string });
    answers(brotliCompressSync('packed'), { 'content-type': 'text/plain', 'content-encoding': 'br' });
    expect(await call({ url: server.root })).toMatchObject({ body: 'packed' });
    server.behave((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const timer = setInterval(() => response.write('x'.repeat(100_000)), 1);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    expect(await call({ url: server.root })).toHaveProperty('cut');
    await server.allClosed();
  });

  it('says of a body that is no text what it is', async () => {
    answers(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]), { 'content-type': 'image/png' });
    expect(await call({ url: server.root })).toMatchObject({
      binary: 'The body is no text: image/png, 7 bytes. It is not shown.',
    });
    answers(Buffer.from([0, 1, 2]));
    expect(await call({ url: server.root })).toHaveProperty('binary');
  });

  it('shows JSON without end and half of a character as text that can be kept', async () => {
    answers('['.repeat(20_000), { 'content-type': 'application/json' });
    expect(await call({ url: server.root })).toMatchObject({ body: '['.repeat(20_000) });
    answers(`${'['.repeat(5000)}${']'.repeat(5000)}`, { 'content-type': 'application/json' });
    expect(typeof (await call({ url: server.root }))['body']).toBe('string');
  });

  it('says that nobody knows whether a request had its effect that broke off, but not of one that only looked', async () => {
    server.behave((request) => void request.socket.destroy());
    await expect(call({ url: server.root, method: 'POST', body: {} })).rejects.toThrow(/Nobody knows whether/);
    await expect(call({ url: server.root })).rejects.not.toThrow(/Nobody knows/);
  });

  it('ends with its execution', async () => {
    server.behave(() => undefined);
    const ending = new AbortController();
    const calling = call({ url: server.root }, ending.signal);
    ending.abort(new Error('cancelled'));
    await expect(calling).rejects.toThrow('cancelled');
    await server.allClosed();
  });
});
