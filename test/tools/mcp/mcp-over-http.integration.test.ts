import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import type { McpServers } from '../../../src/tools/mcp/mcp-servers.js';
import { eventually } from '../../support/eventually.js';
import { callTool, mcpServers, startRemoteEverything } from '../../support/mcp.js';

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
type Answer = (call: Call, request: IncomingMessage, response: ServerResponse) => object | undefined;

/** An MCP server of one tool, which answers as the test says: with a result, or by itself. */
async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    void reply(answer, request, response);
  });
  served.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

async function reply(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(405).end();
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const call = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Call;
  const result = answer(call, request, response) ?? USUAL[call.method];
  if (response.writableEnded) return;
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
  it('that dies in the middle of a call fails it, and is used again when it is back', async () => {
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
  });

  it('that has forgotten the session is called once more, in a new one', async () => {
    let sessions = 0;
    const url = await serve(({ method }, request, response) => {
      if (method === 'initialize') response.setHeader('mcp-session-id', `s-${(sessions += 1)}`);
      if (method === 'tools/call' && request.headers['mcp-session-id'] === 's-1') response.writeHead(404).end();
      return undefined;
    });
    expect(await callTool(await begun(url), 'mcp/far/read')).toBe('Read.');
    expect(sessions).toBe(2);
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
