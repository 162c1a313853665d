import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openDirectory } from '../../compose/open-directory.js';
import type { ProcessParts } from '../../compose/run-process.js';
import { CircuitBreakerError, wordsOf } from '../../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { makeDirectory } from '../../make-directory.js';
import { ApprovalDesk } from '../operator/approval-desk.js';
import { createToken } from '../operator/token-mutations.js';
import { followExecution } from '../operator/follow-execution.js';
import { settledToken } from '../operator/token-view.js';
import { TypedLines } from '../operator/typed-lines.js';
import { chooseModel, introduceModel } from './choose-model.js';
import { fireAgent, printOutcome } from './demo-token.js';
import type { DemoOptions } from './document-review.js';
import { exampleFolder, installExample } from './example.js';
import { handbookServed } from './handbook-served.js';
import { findOrStart } from './running-server.js';

const FOLDER = exampleFolder('support-ticket');
const DEFAULT_TICKET = fileURLToPath(new URL('ticket.json', FOLDER));

/** A ticket whose agent looks an order up, and pays money back once the person at the terminal has approved it. */
export async function handleTicket(
  parts: ProcessParts,
  { file = DEFAULT_TICKET, model: wanted }: DemoOptions,
): Promise<void> {
  const { config, say, print, resources, ending } = parts;
  const ticket = await readTicket(file);
  const model = await chooseModel(config.providers, openDirectory(parts), {
    ...(wanted === undefined ? {} : { model: wanted }),
    script: () => JSON.parse(readFileSync(new URL('mock-script.json', FOLDER), 'utf8')) as JsonValue[],
  });
  say(`Circuit Breaker handles ${file}`);
  introduceModel(model, say);
  const server = await findOrStart({ ...parts, config: await withTools(config) });
  const orders = await startOrders(config.dataDir);
  resources.add('the order system', orders.close);
  say(`The order system of the example is at ${orders.address}.`);
  const { api } = server;
  await handbookServed(api);
  await installExample(api, FOLDER, model);
  const token = await createToken(api, { workflowId: 'support_ticket', data: ticket });
  say(`\nToken ${token.id} is in "${token.place}". Firing handle: the agent works …\n`);
  const executionId = await fireAgent(api, token.id, 'handle');
  const typed = new TypedLines();
  resources.add('the terminal', () => {
    typed.close();
  });
  const desk = new ApprovalDesk(parts, api, typed);
  await followExecution({ api, print, desk }, executionId);
  const settled = await settledToken({ api, ending }, token.id);
  const { reply } = settled.data;
  if (typeof reply === 'string') say(`\nReply to the customer:\n  ${reply.replaceAll('\n', '\n  ')}`);
  printOutcome(settled, server, say);
}

/** The configuration with the tools and the MCP server of the example, which lie with it, wherever the command runs. */
async function withTools(config: ProcessParts['config']): Promise<ProcessParts['config']> {
  const { mcpServers } = JSON.parse(await readFile(new URL('mcp.json', FOLDER), 'utf8')) as McpFile;
  const root = fileURLToPath(new URL('../..', FOLDER));
  const servers = Object.entries(mcpServers).map(([name, server]) => [
    name,
    { ...server, command: process.execPath, cwd: root },
  ]);
  const path = join(config.dataDir, 'support-ticket-mcp.json');
  await makeDirectory(config.dataDir);
  await writeFile(path, JSON.stringify({ mcpServers: Object.fromEntries(servers) as JsonObject }, null, 2));
  return { ...config, toolsDir: fileURLToPath(new URL('tools', FOLDER)), mcpConfig: { path, isNamed: true } };
}

interface McpFile {
  readonly mcpServers: Readonly<Record<string, { readonly args: readonly string[] }>>;
}

async function readTicket(file: string): Promise<JsonObject> {
  try {
    const ticket: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isJsonObject(ticket)) return ticket;
  } catch (error) {
    throw unusable(file, wordsOf(error));
  }
  throw unusable(file, 'it is no JSON object');
}

function unusable(file: string, reason: string): CircuitBreakerError {
  const advice = 'a ticket is a JSON object with "customer", "subject" and "message"';
  return new CircuitBreakerError('VALIDATION_FAILED', `${file} cannot be read: ${reason}; ${advice}.`);
}

interface OrderSystem {
  readonly address: string;
  readonly close: () => void;
}

async function startOrders(dataDir: string): Promise<OrderSystem> {
  const { startOrderSystem } = (await import(new URL('order-system.mjs', FOLDER).href)) as {
    startOrderSystem: (file: string) => Promise<OrderSystem>;
  };
  try {
    return await startOrderSystem(join(dataDir, 'support-ticket-refunds.json'));
  } catch (error) {
    const advice = 'set ORDERS_URL to a free port of this machine, like http://127.0.0.1:4051';
    throw new CircuitBreakerError('UNAVAILABLE', `The order system cannot start (${wordsOf(error)}): ${advice}.`);
  }
}
