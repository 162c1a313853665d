import type { ToolServer } from '../core/agents/tool-server.js';
import { badVariables } from '../core/errors.js';
import { secretMask } from '../core/secrets.js';
import { secretForHost, secretForServer } from '../providers/keys/host-bound-keys.js';
import { readCredentials } from '../providers/keys/read-credentials.js';
import type { SchemaChecker } from '../schemas/schema-checker.js';
import { startProgram } from '../temporal/child-process.js';
import type { McpServers } from '../tools/mcp/mcp-servers.js';
import { readMcpConfig } from '../tools/mcp/read-mcp-config.js';
import type { McpConfig, McpFault } from '../tools/mcp/server-config.js';
import type { Tool, ToolLogger, ToolRegistry } from '../tools/tool.js';
import type { Config } from '../config.js';
import { readManifest } from './manifest.js';
import type { ProcessParts } from './run-process.js';

/** The tools of a worker: its own, and those of its MCP servers, which come and go. */
export interface WorkerTools extends ToolRegistry {
  readonly servers: readonly ToolServer[];
  /** Starts the MCP servers, and keeps them running until the process ends. Returns at once; `onChange` says what comes of it. */
  begin(onChange: () => void): void;
}

interface WorkerToolsOptions {
  /** Those that are there as long as the process is. */
  readonly fixed: ReadonlyMap<string, Tool>;
  readonly mcp: McpConfig;
  readonly schemas: SchemaChecker;
}

export function workerTools(parts: ProcessParts, { fixed, mcp, schemas }: WorkerToolsOptions): WorkerTools {
  for (const { message } of mcp.faults) parts.logger.warn(`${message} It is left out.`);
  const faulty = mcp.faults.flatMap(statusOf);
  let live: McpServers | undefined;
  return {
    get: (name) => fixed.get(name) ?? live?.get(name),
    values: function* (): Iterable<Tool> {
      yield* fixed.values();
      if (live !== undefined) yield* live.values();
    },
    get servers() {
      return [...(live?.statuses ?? []), ...faulty];
    },
    begin: (onChange) => {
      if (mcp.servers.length === 0) return;
      const opening = openServers(parts, { mcp, schemas, onChange });
      parts.resources.add('the MCP servers', () => opening.then((servers) => servers.close()));
      void opening.then((servers) => {
        live = servers;
        return servers.begin();
      });
    },
  };
}

/** What the file of MCP servers says. Throws VALIDATION_FAILED for what is wrong in one that was named. */
export async function mcpConfigOf(config: Config): Promise<McpConfig> {
  const credentials = readCredentials(config.providers, config.secrets);
  const secrets = {
    forHost: (name: string, url: URL) => secretForHost(name, url, credentials),
    forServer: (name: string, server: string) => secretForServer(name, server, credentials),
  };
  const read = await readMcpConfig({ ...config.mcpConfig, secrets });
  if (!config.mcpConfig.isNamed || read.faults.length === 0) return read;
  throw badVariables(read.faults.map(({ message }) => ({ name: 'MCP_CONFIG', message: `MCP_CONFIG: ${message}` })));
}

interface ServersParts {
  readonly config: Config;
  readonly logger: ToolLogger;
}

interface ServersOptions {
  readonly mcp: McpConfig;
  readonly schemas: SchemaChecker;
  readonly onChange: () => void;
}

/** Their client is loaded only where there are some. */
export async function openServers({ config, logger }: ServersParts, options: ServersOptions) {
  const [{ McpServers: Servers }, { version }] = await Promise.all([
    import('../tools/mcp/mcp-servers.js'),
    readManifest(),
  ]);
  const { mcp, schemas, onChange } = options;
  return new Servers(mcp.servers, {
    start: startProgram,
    environment: config.temporal.programs.forAll,
    ...{ version, schemas, logger, onChange },
    mask: secretMask([...config.secrets, ...mcp.secrets]),
  });
}

function statusOf({ server, transport, message }: McpFault): readonly ToolServer[] {
  if (server === undefined || transport === undefined) return [];
  return [{ name: server, transport, works: false, errorMessage: message, tools: [] }];
}
