import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import type { McpServers } from '../../../src/tools/mcp/mcp-servers.js';
import { eventually } from '../../support/eventually.js';
import { callContext, callTool, mcpServers, startRemoteEverything } from '../../support/mcp.js';

const opened: McpServers[] = [];
const served: Server[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((servers) => servers.close()));
  for (const server of served.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function begun(url: string, headers: Record<string, string> = {}) {
  const { servers } = mcpServers([{ name: 'far', transport: 'streamable_http', url: new URL(url), headers }]);
  opened.push(servers);
  await servers.begin();
  return servers;
}

interface Call {
  readonly id?: number;
  readonly method: string;
}
/** Undefined: as usual, or it has answered by itself; so does what gives a text. */
type Answer = (call: Call, request: IncomingMessage, response: ServerResponse) => object | string | undefined;
type Get = (request: IncomingMessage, response: ServerResponse) => void;

const noStream: Get = (_request, response) => {
  response.writeHead(405).end();
};

function beginEvents(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  return response;
}

/** An MCP server of one tool, which answers as the test says: with a result, or by itself. */
async function serve(answer: Answer, get = noStream): Promise<string> {
  const server = createServer((request, response) => {
    if (request.method === 'POST') void reply(answer, request, response);
    else get(request, response);
  });
  served.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

async function reply(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const call = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Call;
  const result = answer(call, request, response) ?? USUAL[call.method];
  if (response.headersSent || response.writableEnded) return;
  if (call.id === undefined) response.writeHead(202).end();
  else {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, result }));
  }
}

const USUAL: Readonly<Record<string, object>> = {
  initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'far', version: '1' } },
  ping: {},
  'tools/list': { tools: [{ name: 'read', inputSchema: { type: 'object' } }] },
  'tools/call': { content: [{ type: 'text', text: 'Read.' }] },
};

describe('an MCP server over streamable HTTP', () => {
  it(
    'that dies in the middle of a call fails it, and is used again when it is back',
    { tags: 'tool-server-dies' },
    async () => {
      const remote = await startRemoteEverything();
      const servers = await begun(remote.url);
      expect(await callTool(servers, 'mcp/far/echo', { message: 'hello' })).toBe('Echo: hello');
      const call = callTool(servers, 'mcp/far/trigger-long-running-operation', { duration: 60, steps: 60 });
      await Promise.all([expect(call).rejects.toThrow('MCP server "far": '), remote.stop()]);
      // The server is asked whether it is still there before it is given up.
      await eventually(() => {
        expect(servers.statuses).toMatchObject([{ works: false }]);
      });
      const again = await startRemoteEverything(Number(new URL(remote.url).port));
      await eventually(() => {
        expect(servers.statuses).toMatchObject([{ works: true }]);
      });
      expect(await callTool(servers, 'mcp/far/echo', { message: 'again' })).toBe('Echo: again');
      await again.stop();
    },
  );

  it('that has forgotten the session is called once more, in a new one', { tags: 'tool-server-dies' }, async () => {
    let sessions = 0;
    const url = await serve(({ method }, request, response) => {
      if (method === 'initialize') response.setHeader('mcp-session-id', `s-${(sessions += 1)}`);
      if (method === 'tools/call' && request.headers['mcp-session-id'] === 's-1') response.writeHead(404).end();
      return undefined;
    });
    expect(await callTool(await begun(url), 'mcp/far/read')).toBe('Read.');
    expect(sessions).toBe(2);
  });

  it('that forgets its sessions again and again is called in a new one each time, also by several at once', async () => {
    let sessions = 0;
    let oldest = 1;
    const url = await serve(({ method }, request, response) => {
      if (method === 'initialize') response.setHeader('mcp-session-id', `s-${(sessions += 1)}`);
      const session = Number(String(request.headers['mcp-session-id']).slice(2));
      if (method === 'tools/call' && session < oldest) response.writeHead(404).end();
      return undefined;
    });
    const servers = await begun(url);
    for (let round = 1; round <= 4; round += 1) {
      oldest = sessions + 1;
      const calls = [1, 2, 3].map(() => callTool(servers, 'mcp/far/read'));
      expect(await Promise.all(calls)).toEqual(['Read.', 'Read.', 'Read.']);
      expect(sessions).toBe(round + 1);
    }
    expect(servers.statuses).toMatchObject([{ works: true }]);
  });

  it.each([
    ['closes its stream before it has answered', (response: ServerResponse) => beginEvents(response).end()],
    [
      'breaks its stream off',
      (response: ServerResponse) => {
        beginEvents(response).write('event: message\n');
        setTimeout(() => response.destroy(), 50);
      },
    ],
    ['accepts a call and never answers it', (response: ServerResponse) => response.writeHead(202).end()],
    [
      'answers another call than it was asked for',
      (response: ServerResponse) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id: 4711, result: {} }));
      },
    ],
    ['answers with something that is no answer', (response: ServerResponse) => response.end('Read.')],
  ])('that %s fails the call at once, and is used again', async (_what, respond) => {
    let calls = 0;
    const url = await serve(({ method }, _request, response) => {
      if (method === 'tools/call' && (calls += 1) === 1) respond(response);
      return undefined;
    });
    const servers = await begun(url);
    const beganMs = performance.now();
    await expect(callTool(servers, 'mcp/far/read')).rejects.toThrow('MCP server "far": ');
    expect(performance.now() - beganMs).toBeLessThan(10_000);
    await eventually(async () => {
      expect(await callTool(servers, 'mcp/far/read')).toBe('Read.');
    });
  });

  it('that can resume a stream that broke is asked for the rest, once in a second at most', async () => {
    const resumed: unknown[] = [];
    let id = 0;
    const url = await serve(
      (call, _request, response) => {
        if (call.method !== 'tools/call') return undefined;
        id = call.id ?? 0;
        beginEvents(response).end('retry: 0\nid: e-1\ndata:\n\n');
        return undefined;
      },
      (request, response) => {
        if (request.headers['last-event-id'] === undefined) response.writeHead(405).end();
        else if (resumed.push(request.headers['last-event-id']) < 3) beginEvents(response).end('id: e-2\ndata:\n\n');
        else {
          const answer = { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'The rest.' }] } };
          beginEvents(response).end(`data: ${JSON.stringify(answer)}\n\n`);
        }
      },
    );
    const beganMs = performance.now();
    expect(await callTool(await begun(url), 'mcp/far/read')).toBe('The rest.');
    expect(performance.now() - beganMs).toBeGreaterThan(2500);
    expect(resumed).toEqual(['e-1', 'e-2', 'e-2']);
  });

  it('loses the connection of a call that is given up', async () => {
    let isClosed = false;
    const url = await serve(({ method }, _request, response) => {
      if (method !== 'tools/call') return undefined;
      beginEvents(response).write(': wait\n\n');
      response.on('close', () => (isClosed = true));
      return 'by itself';
    });
    const tool = (await begun(url)).get('mcp/far/read');
    const abort = new AbortController();
    const call = Promise.resolve(tool?.run({}, callContext(abort.signal)));
    setTimeout(() => {
      abort.abort();
    }, 100);
    await expect(call).rejects.toThrow('MCP server "far": ');
    await eventually(() => {
      expect(isClosed).toBe(true);
    });
  });

  it.each([
    [
      'pages without end',
      () => ({ tools: [{ name: 'read', inputSchema: { type: 'object' } }], nextCursor: 'more' }),
      true,
    ],
    [
      'pages of megabytes',
      () => ({ tools: [{ name: 'read', description: 'x'.repeat(9_000_000) }], nextCursor: 'more' }),
      false,
    ],
    ['a page of a million', () => ({ tools: Array.from({ length: 1_000_000 }, () => ({})) }), false],
  ])('that lists its tools in %s is not listened to for ever', async (_what, page, works) => {
    let pages = 0;
    const url = await serve(({ method }) => {
      if (method !== 'tools/list') return undefined;
      pages += 1;
      return page();
    });
    expect((await begun(url)).statuses).toMatchObject([{ works, errorMessage: expect.any(String) as string }]);
    expect(pages).toBeLessThan(502);
  });

  it('gets its headers, which go nowhere else', async () => {
    const seen: unknown[] = [];
    const elsewhere = await serve((_call, request) => {
      seen.push(request.headers['x-key']);
      return undefined;
    });
    const url = await serve((_call, request, response) => {
      if (request.headers['x-key'] === 'planted') response.writeHead(307, { location: elsewhere }).end();
      return undefined;
    });
    const servers = await begun(url, { 'x-key': 'planted' });
    expect(servers.statuses).toMatchObject([{ works: false, errorMessage: expect.stringContaining('307') as string }]);
    expect(seen).toEqual([]);
  });

  it('that sends 50 MB fails the call, and is used again', async () => {
    const url = await serve(({ method }, _request, response) => {
      if (method !== 'tools/call') return undefined;
      response.setHeader('content-type', 'application/json');
      response.end('x'.repeat(50_000_000));
      return undefined;
    });
    const servers = await begun(url);
    await expect(callTool(servers, 'mcp/far/read')).rejects.toThrow('it sent more than 10485760 bytes in one message');
    await eventually(() => {
      expect(servers.statuses).toMatchObject([{ works: true }]);
    });
  });

  const deep = `{"a":${'['.repeat(4_000_000)}${']'.repeat(4_000_000)}}`;
  const parts = `[${'{"type":"x"},'.repeat(700_000)}{}]`;
  it.each([
    ['a deep result', 'application/json', (id: number) => `{"jsonrpc":"2.0","id":${id},"result":${deep}}`],
    ['many parts', 'application/json', (id: number) => `{"jsonrpc":"2.0","id":${id},"result":{"content":${parts}}}`],
    ['a deep event', 'text/event-stream', () => `data: {"jsonrpc":"2.0","method":"ping","params":${deep}}\n\n`],
  ])('that sends %s fails the call before anybody reads it, and is used again', async (_, type, body) => {
    const url = await serve(({ method, id = 0 }, _request, response) => {
      if (method !== 'tools/call') return undefined;
      response.setHeader('content-type', type);
      response.end(body(id));
      return undefined;
    });
    const servers = await begun(url);
    await expect(callTool(servers, 'mcp/far/read')).rejects.toThrow('it sent more than 100000 values in one message');
    await eventually(() => {
      expect(servers.statuses).toMatchObject([{ works: true }]);
    });
  });

  it.each([
    [401, 'HTTP 401'],
    [500, 'HTTP 500'],
  ])('that answers %i is said to', async (status, reason) => {
    const url = await serve((_call, _request, response) => {
      response.writeHead(status).end('no');
      return undefined;
    });
    const servers = await begun(url);
    expect(servers.statuses).toMatchObject([{ works: false, errorMessage: expect.stringContaining(reason) as string }]);
  });

  it('that is not there is said to be', async () => {
    const servers = await begun('http://127.0.0.1:3/mcp');
    expect(servers.statuses).toMatchObject([
      { works: false, errorMessage: expect.stringContaining('ECONNREFUSED') as string },
    ]);
  });
});
