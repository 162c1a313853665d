import { setTimeout as delay } from 'node:timers/promises';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { secretMask } from '../../../src/core/secrets.js';
import type { McpServerParts } from '../../../src/tools/mcp/mcp-server.js';
import type { McpServers } from '../../../src/tools/mcp/mcp-servers.js';
import type { McpServerConfig } from '../../../src/tools/mcp/server-config.js';
import { eventually } from '../../support/eventually.js';
import { callContext, callTool, EVERYTHING, FILESYSTEM, mcpServers, nodeServer, oddServer } from '../../support/mcp.js';
import { isAlive } from '../../support/is-alive.js';

const opened: McpServers[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((servers) => servers.close()));
});

async function begun(config: McpServerConfig, parts: Partial<McpServerParts> = {}) {
  const made = mcpServers([config], parts);
  opened.push(made.servers);
  await made.servers.begin();
  return made;
}

const namesOf = (servers: McpServers) => [...servers.values()].map(({ name }) => name);
describe('MCP servers that others wrote, over their input and output', () => {
  it('lend their tools: server-everything', async () => {
    const { servers } = await begun(nodeServer('all', EVERYTHING));
    expect(namesOf(servers)).toEqual(expect.arrayContaining(['mcp/all/echo', 'mcp/all/get-sum']));
    expect(await callTool(servers, 'mcp/all/echo', { message: 'hello' })).toBe('Echo: hello');
    await expect(callTool(servers, 'mcp/all/get-sum', { a: 'one', b: 2 })).rejects.toThrow('/a must be number');
    expect(await callTool(servers, 'mcp/all/get-tiny-image')).toContain('Left out, since only text can be read: image');
    expect(await callTool(servers, 'mcp/all/get-structured-content', { location: 'Chicago' })).toMatchObject({
      temperature: 36,
    });
    expect(servers.statuses).toMatchObject([
      { name: 'all', transport: 'stdio', works: true, errorMessage: expect.stringContaining('as a task') as string },
    ]);
  });

  it('lend their tools, and say what fails: server-filesystem', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-mcp-'));
    await writeFile(join(folder, 'a.txt'), 'Kept here.');
    const { servers } = await begun(nodeServer('files', FILESYSTEM, folder));
    const read = (path: string) => callTool(servers, 'mcp/files/read_text_file', { path });
    expect(await read(join(folder, 'a.txt'))).toEqual({ content: 'Kept here.' });
    await expect(read('/etc/passwd')).rejects.toThrow(/Access denied/);
    expect(servers.get('mcp/files/read_text_file')?.idempotent).toBe(true);
    expect(servers.get('mcp/files/move_file')?.idempotent).toBe(false);
    await rm(folder, { recursive: true });
  });
});

describe('an MCP server', () => {
  it('gets the environment of its file and what all programs get, and its secrets come back hidden', async () => {
    const mask = secretMask(['planted-secret']);
    const { servers } = await begun(oddServer('', { KEY: 'planted-secret' }), { mask });
    const environment = JSON.parse((await callTool(servers, 'mcp/odd/environment')) as string) as unknown;
    expect(environment).toEqual({ PATH: process.env['PATH'], KEY: '[secret]' });
  });

  it(
    'that dies in the middle of a call fails that call, and is there for the next one',
    { tags: 'tool-server-dies' },
    async () => {
      const { servers } = await begun(oddServer());
      const before = await callTool(servers, 'mcp/odd/whoami');
      const other = callTool(servers, 'mcp/odd/slow');
      const calls = Promise.allSettled([callTool(servers, 'mcp/odd/die'), other]);
      expect(await calls).toMatchObject([
        {
          reason: {
            message: expect.stringMatching(
              /^MCP server "odd": its program was ended by SIGKILL; .*odd server is up/,
            ) as string,
          },
        },
        { status: 'rejected' },
      ]);
      expect(await callTool(servers, 'mcp/odd/whoami')).not.toBe(before);
    },
  );

  it(
    'that dies again and again is started with growing pauses, and calls meanwhile fail at once',
    { tags: 'tool-server-dies' },
    async () => {
      const { servers } = await begun(oddServer());
      await expect(callTool(servers, 'mcp/odd/die')).rejects.toThrow('SIGKILL');
      await expect(callTool(servers, 'mcp/odd/die')).rejects.toThrow('SIGKILL');
      await expect(callTool(servers, 'mcp/odd/whoami')).rejects.toThrow(
        'it does not work (its program was ended by SIGKILL',
      );
      expect(servers.statuses).toMatchObject([
        { works: false, errorMessage: expect.stringContaining('SIGKILL') as string },
      ]);
      expect(namesOf(servers)).toContain('mcp/odd/whoami');
      await eventually(() => {
        expect(servers.statuses).toMatchObject([{ works: true }]);
      });
      await callTool(servers, 'mcp/odd/whoami');
    },
  );

  it('that sends 50 MB is ended, and is there for the next call', async () => {
    const { servers } = await begun(oddServer());
    await expect(callTool(servers, 'mcp/odd/large')).rejects.toThrow('it sent more than 10485760 bytes in one message');
    await callTool(servers, 'mcp/odd/whoami');
  });

  it('that sends a message of millions of values is ended before anybody reads it, and is there for the next call', async () => {
    const { servers } = await begun(oddServer());
    await expect(callTool(servers, 'mcp/odd/deep')).rejects.toThrow('it sent more than 100000 values in one message');
    await callTool(servers, 'mcp/odd/whoami');
  });

  it('that asks us for sampling, input or our folders is told that there is no such thing', async () => {
    const { servers } = await begun(oddServer());
    expect(await callTool(servers, 'mcp/odd/asks')).toBe('-32601,-32601,-32601');
  });

  it('is listed again when its tools change, and a call of one that is gone fails', async () => {
    const { servers, seen } = await begun(oddServer());
    const gone = servers.get('mcp/odd/gone');
    const changes = seen.changes;
    expect(await callTool(servers, 'mcp/odd/change')).toBe('changed');
    const call = gone?.run({}, callContext(new AbortController().signal));
    await expect(call).rejects.toThrow('Unknown tool: gone');
    await eventually(() => {
      expect(namesOf(servers)).toContain('mcp/odd/fresh');
    });
    expect(servers.get('mcp/odd/gone')).toBeUndefined();
    // However often it says so.
    expect(seen.changes).toBe(changes + 1);
  });

  it('may have a hundred tools, each with arguments of its own', async () => {
    const { servers } = await begun(oddServer('many'));
    expect(namesOf(servers).length).toBeGreaterThanOrEqual(100);
    const tool = servers.get('mcp/odd/number_99');
    expect(await tool?.read({ number: 99 })).toEqual({ value: { number: 99 } });
    expect(await tool?.read({ number: 98 })).toMatchObject({ misfits: [{ pointer: '/number' }] });
  });

  it('fails a call in its own words', async () => {
    const { servers } = await begun(oddServer());
    await expect(callTool(servers, 'mcp/odd/fails')).rejects.toThrow(/^no such order$/);
  });

  it.each(['slow', 'progress'])('is told to stop when a call is over: %s', async (name) => {
    const { servers } = await begun(oddServer());
    const call = servers.get(`mcp/odd/${name}`)?.run({}, callContext(AbortSignal.timeout(200)));
    await expect(call).rejects.toThrow();
    await callTool(servers, 'mcp/odd/whoami');
  });

  it.each<[string, McpServerConfig, string]>([
    ['there is no program', { ...oddServer(), command: 'no-such-program' }, 'start (spawn no-such-program ENOENT)'],
    ['there is no folder', { ...oddServer(), cwd: '/no/such/folder' }, 'its program does not start'],
    ['it ends', nodeServer('odd', '-e', 'console.error("no key"); process.exit(3)'), 'code 3; it wrote last: no key'],
    ['it answers nothing', oddServer('silent'), 'it did not answer within 1 s'],
    ['it answers garbage', nodeServer('odd', '-e', 'process.stdin.on("data", console.log)'), 'it did not answer'],
    ['it writes without end', { ...oddServer(), command: 'yes' }, 'it wrote more than 10000 lines in a second'],
  ])('that does not start is said to, and holds up nothing: %s', async (_why, config, reason) => {
    const { servers } = await begun(config, reason.includes('answer') ? { startLimitMs: 1000 } : {});
    expect(servers.statuses).toMatchObject([
      { works: false, errorMessage: expect.stringContaining(reason) as string, tools: [] },
    ]);
  });

  it.each(['', 'stubborn'])('ends with us: %s', async (mode) => {
    const { servers } = await begun(oddServer(mode));
    const pid = Number(await callTool(servers, 'mcp/odd/whoami'));
    const call = callTool(servers, 'mcp/odd/slow');
    await Promise.all([expect(call).rejects.toThrow('it was ended'), delay(50).then(() => servers.close())]);
    await eventually(() => {
      expect(isAlive(pid)).toBe(false);
    });
    await expect(callTool(servers, 'mcp/odd/whoami')).rejects.toThrow('this worker is ending');
  });
});
