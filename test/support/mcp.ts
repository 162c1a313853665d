import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import type { JsonObject, JsonValue } from '../../src/core/json/json.js';
import { wordsOfMisfits } from '../../src/core/json/problem.js';
import { startProgram } from '../../src/temporal/child-process.js';
import type { ToolContext } from '../../src/tools/tool.js';
import type { McpServerConfig, ProgramServer } from '../../src/tools/mcp/server-config.js';
import { McpServers } from '../../src/tools/mcp/mcp-servers.js';
import type { McpServerParts } from '../../src/tools/mcp/mcp-server.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { MemoryLogger } from './memory-logger.js';
import { schemasInThisThread } from './schemas.js';

const require = createRequire(import.meta.url);

/** Servers that others wrote. */
export const EVERYTHING = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');
export const FILESYSTEM = require.resolve('@modelcontextprotocol/server-filesystem/dist/index.js');
const ODD = fileURLToPath(new URL('processes/odd-mcp-server.mjs', import.meta.url));

export function nodeServer(name: string, script: string, ...args: readonly string[]): ProgramServer {
  return { name, transport: 'stdio', command: process.execPath, args: [script, ...args], env: {} };
}

export function oddServer(mode = '', env: ProgramServer['env'] = {}): ProgramServer {
  return { ...nodeServer('odd', ODD, mode), env };
}

/** The servers as a worker has them; `changes` counts what it was told. */
export function mcpServers(configs: readonly McpServerConfig[], parts: Partial<McpServerParts> = {}) {
  const logger = new MemoryLogger();
  const seen = { changes: 0 };
  const servers = new McpServers(configs, {
    start: startProgram,
    environment: { PATH: process.env['PATH'] },
    ...{ version: '1.2.3', schemas: schemasInThisThread, logger, mask: (text: string) => text },
    onChange: () => {
      seen.changes += 1;
    },
    ...parts,
  });
  return { servers, seen, logger };
}

/** Judges the arguments and calls the tool, as a call of an agent does. */
export async function callTool(servers: McpServers, name: string, given: JsonObject = {}): Promise<JsonValue> {
  const tool = servers.get(name);
  if (tool === undefined) throw new Error(`there is no ${name}`);
  const read = await tool.read(given);
  if ('misfits' in read) throw new Error(wordsOfMisfits(read.misfits));
  return (await tool.run(read.value, callContext(new AbortController().signal))) as JsonValue;
}

export function callContext(signal: AbortSignal): ToolContext {
  return { signal, executionId: 'e', idempotencyKey: 'e:1:0', logger: new MemoryLogger() };
}

/** A server-everything of its own, over streamable HTTP. */
export interface RemoteServer {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startRemoteEverything(port?: number): Promise<RemoteServer> {
  const chosen = port ?? (await freePort());
  const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    env: { PATH: process.env['PATH'], PORT: String(chosen) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await eventually(() => {
    if (!said.includes('listening on port')) throw new Error(`it has not said that it listens: ${said}`);
  });
  return {
    url: `http://127.0.0.1:${chosen}/mcp`,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
