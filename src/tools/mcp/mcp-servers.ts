import type { ToolServer } from '../../core/agents/tool-server.js';
import type { Tool, ToolRegistry } from '../tool.js';
import { McpServer, type McpServerParts } from './mcp-server.js';
import type { McpServerConfig } from './server-config.js';

/** The MCP servers of one process and their tools, which come and go. */
export class McpServers implements ToolRegistry {
  readonly #servers: readonly McpServer[];

  constructor(configs: readonly McpServerConfig[], parts: McpServerParts) {
    this.#servers = configs.map((config) => new McpServer(config, parts));
  }

  get statuses(): readonly ToolServer[] {
    return this.#servers.map(({ status }) => status);
  }

  get(name: string): Tool | undefined {
    for (const tool of this.values()) if (tool.name === name) return tool;
    return undefined;
  }

  values(): Iterable<Tool> {
    return this.#servers.flatMap(({ tools }) => tools);
  }

  /** Resolves when each has been tried once. */
  async begin(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.begin()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}
