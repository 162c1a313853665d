import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAgent, graphql } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { killEverything, newSetting, startEverything, type Setting } from '../support/everything.js';
import { EVERYTHING, FILESYSTEM, oddServer, startRemoteEverything, type RemoteServer } from '../support/mcp.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { isAlive } from '../support/is-alive.js';

interface Called {
  readonly name: string;
  readonly arguments: object;
}

describe('an agent with the tools of MCP servers', () => {
  let setting: Setting;
  let everything: SpawnedProcess;
  let remote: RemoteServer;
  let folder: string;
  let count = 0;

  beforeAll(async () => {
    remote = await startRemoteEverything();
    setting = await newSetting({
      STORAGE_URL: 'memory:',
      CREDENTIAL_ODD: 'planted-secret',
      CREDENTIAL_ODD_HOSTS: 'mcp/odd',
    });
    folder = setting.environment['DATA_DIR'] ?? '';
    const { command, args } = oddServer();
    const mcpServers = {
      all: { command: process.execPath, args: [EVERYTHING] },
      files: { command: process.execPath, args: [FILESYSTEM, folder] },
      odd: { command, args, env: { KEY: '${CREDENTIAL_ODD}' } },
      remote: { type: 'http', url: remote.url },
      absent: { command: 'no-such-program' },
    };
    const file = join(folder, 'servers.json');
    await writeFile(file, JSON.stringify({ mcpServers }));
    await writeFile(join(folder, 'note.txt'), 'The order left on Monday.');
    Object.assign(setting.environment, { MCP_CONFIG: file });
    everything = await startEverything(setting);
    // Servers start in their own time: an agent can be saved once their tools are there.
    const tools = ['mcp/files/*', 'mcp/all/echo', 'mcp/odd/*', 'mcp/remote/*'];
    await eventually(() => saveAgent(tools, ['Fine.']));
  });
  afterAll(async () => {
    await killEverything(everything, setting);
    await remote.stop();
    await setting.remove();
  });

  async function saveAgent(tools: readonly string[], responses: readonly unknown[]): Promise<string> {
    const id = `agent-${(count += 1)}`;
    await createAgent(setting.address, {
      ...{ id, name: id, tools, prompts: { system: 'You look.', userTemplate: 'Look at {input_data}' } },
      llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 0, responses } },
    });
    return id;
  }

  /** What the model is told of calls that it makes side by side. */
  async function toldOf(tools: readonly string[], ...toolCalls: readonly Called[]): Promise<readonly string[]> {
    const agentId = await saveAgent(tools, [{ toolCalls }, 'Done.']);
    const input = { id: `run-${agentId}`, agentId, input: 'it' };
    const execute = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { conversationId } }';
    const { executeAgent } = await graphql<{ executeAgent: { conversationId: string } }>(setting.address, execute, {
      input,
    });
    await fetch(`${setting.address}/agent-stream/${input.id}`, { headers: { accept: 'text/event-stream' } }).then(
      (response) => response.text(),
    );
    const query = 'query ($id: String!) { conversation(id: $id) { messages { role content } } }';
    const { conversation } = await graphql<{ conversation: { messages: { role: string; content: string }[] } }>(
      ...[setting.address, query, { id: executeAgent.conversationId }],
    );
    expect(conversation.messages.at(-1)).toEqual({ role: 'assistant', content: 'Done.' });
    return conversation.messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
  }

  it('calls programs that others wrote, by their names and by a pattern, and one over HTTP', async () => {
    const told = await toldOf(
      ['mcp/files/*', 'mcp/all/echo', 'mcp/remote/*'],
      { name: 'mcp/files/read_text_file', arguments: { path: join(folder, 'note.txt') } },
      { name: 'mcp/all/echo', arguments: { message: 'hello' } },
      { name: 'mcp/remote/get-sum', arguments: { a: 2, b: 3 } },
      { name: 'mcp/all/get-sum', arguments: { a: 2, b: 3 } },
      { name: 'mcp/all/echo', arguments: { message: 7 } },
    );
    expect(told).toEqual([
      '{"content":"The order left on Monday."}',
      'Echo: hello',
      'The sum of 2 and 3 is 5.',
      expect.stringContaining('There is no tool "mcp/all/get-sum"'),
      expect.stringContaining('The arguments do not fit: /message must be string'),
    ]);
  });

  it(
    'is told of a server that dies in the middle of a call, and the worker goes on',
    { tags: 'tool-server-dies' },
    async () => {
      const died = await toldOf(['mcp/odd/*'], { name: 'mcp/odd/die', arguments: {} });
      expect(died).toEqual([expect.stringContaining('MCP server "odd": its program was ended by SIGKILL')]);
      const [long, key] = await toldOf(
        ['mcp/odd/*'],
        { name: 'mcp/odd/long', arguments: {} },
        { name: 'mcp/odd/environment', arguments: {} },
      );
      expect(long).toContain('answered more than 65536 bytes');
      expect(key).toContain('[secret]');
      expect(key).not.toContain('TEMPORAL_PORT');
      expect(everything.output).not.toContain('planted-secret');
    },
  );

  it('cannot be saved with a tool that no server has, and is told which are like it', async () => {
    await expect(saveAgent(['mcp/fils/*'], [])).rejects.toThrow(/UNKNOWN_TOOL.*Nearest: mcp\/files\/\*/);
    await expect(saveAgent(['mcp/all/ecko'], [])).rejects.toThrow(/UNKNOWN_TOOL.*Nearest: mcp\/all\/echo/);
  });

  it('has servers that everybody can see, with what is wrong with them', async () => {
    const query = '{ toolServers { name transport works errorMessage tools { name description } } }';
    const { toolServers } = await graphql<{ toolServers: readonly unknown[] }>(setting.address, query);
    const echo = { name: 'mcp/all/echo', description: 'Echoes back the input string' };
    expect(toolServers).toMatchObject([
      { name: 'absent', transport: 'stdio', works: false, errorMessage: expect.stringContaining('ENOENT') as string },
      { name: 'all', works: true, tools: expect.arrayContaining([echo]) as unknown },
      { name: 'files', works: true, errorMessage: null },
      { name: 'odd', works: true },
      { name: 'remote', transport: 'streamable_http', works: true },
    ]);
    expect(everything.output).toContain('MCP servers  5 in ');
  });

  it('has servers that the doctor tries', async () => {
    const doctor = SpawnedProcess.start('doctor', setting.environment);
    await doctor.exit();
    expect(doctor.output).toMatch(/^ok +MCP server +mcp\/files \(stdio\) has 14 tools\./m);
    expect(doctor.output).toMatch(/^FAIL +MCP server +mcp\/absent \(stdio\): It does not work/m);
    expect(doctor.output).toContain('Agents that need mcp/absent will fail until that is mended.');
    expect(doctor.output).not.toContain('planted-secret');
  });

  it('leaves no program behind when the worker is killed', async () => {
    const [pid = ''] = await toldOf(['mcp/odd/*'], { name: 'mcp/odd/whoami', arguments: {} });
    expect(isAlive(Number(pid))).toBe(true);
    await everything.kill();
    await eventually(() => {
      expect(isAlive(Number(pid))).toBe(false);
    });
  });
});
