import type { ToolServer } from '../../core/agents/tool-server.js';
import { wordsOf } from '../../core/errors.js';
import { mcpConfigOf, openServers } from '../../compose/worker-tools.js';
import type { Config } from '../../config.js';
import { readCredentials } from '../../providers/keys/read-credentials.js';
import { SchemaThreads } from '../../schemas/schema-threads.js';
import type { McpConfig } from '../../tools/mcp/server-config.js';
import { missing, note, ok, type Finding } from './finding.js';

const SUBJECT = 'MCP server';
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Starts every MCP server for a moment, as a worker would, and says how many tools it has. None keeps anybody from starting. Nothing where
 * credentials cannot be read: the check of providers says so.
 */
export async function checkToolServers(config: Config): Promise<readonly Finding[]> {
  if (!hasCredentials(config)) return [];
  let mcp: McpConfig;
  try {
    mcp = await mcpConfigOf(config);
  } catch (error) {
    return [missing('MCP_CONFIG', wordsOf(error))];
  }
  const faults = mcp.faults.map(({ message }) => note(SUBJECT, `${message} It is left out.`));
  return mcp.servers.length === 0 ? faults : [...faults, ...(await tried(config, mcp))];
}

function hasCredentials({ providers, secrets }: Config): boolean {
  try {
    readCredentials(providers, secrets);
    return true;
  } catch {
    return false;
  }
}

async function tried(config: Config, mcp: McpConfig): Promise<readonly Finding[]> {
  const schemas = new SchemaThreads();
  const servers = await openServers({ config, logger: SILENT }, { mcp, schemas, onChange: () => undefined });
  try {
    await servers.begin();
    return servers.statuses.map(findingOf);
  } finally {
    await servers.close();
    await schemas.close();
  }
}

function findingOf({ name, transport, works, errorMessage, tools }: ToolServer): Finding {
  const more = errorMessage === undefined ? '' : ` ${errorMessage}`;
  const server = `mcp/${name}`;
  if (!works) return { state: 'FAIL', subject: SUBJECT, missed: server, text: `${server} (${transport}):${more}` };
  const count = tools.length === 1 ? '1 tool' : `${tools.length} tools`;
  return ok(SUBJECT, `${server} (${transport}) has ${count}.${more}`);
}
