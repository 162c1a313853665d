import { setTimeout as sleep } from 'node:timers/promises';

import type { ToolServer } from '../../core/agents/tool-server.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { ApiClient } from '../api-client.js';

/** A program has so long to start and to say what it offers. */
const PATIENCE_MS = 20_000;

/** Resolves when a worker offers the tools of the handbook. UNAVAILABLE, with what to do, where none comes to. */
export async function handbookServed(api: ApiClient): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const { toolServers } = await api.query<{ toolServers: readonly ToolServer[] }>(
      '{ toolServers { name works errorMessage } }',
      {},
    );
    const handbook = toolServers.find(({ name }) => name === 'handbook');
    if (handbook?.works === true) return;
    if (performance.now() > until) throw notServed(api, handbook);
    await sleep(50);
  }
}

function notServed({ address }: ApiClient, handbook: ToolServer | undefined): CircuitBreakerError {
  const reason = handbook?.errorMessage ?? `no worker of ${address} names it`;
  const advice =
    'Stop what runs there, so that this command starts its own, or start it with ' +
    'TOOLS_DIR=examples/support-ticket/tools MCP_CONFIG=examples/support-ticket/mcp.json';
  return new CircuitBreakerError('UNAVAILABLE', `The handbook of the example is not there: ${reason}. ${advice}.`);
}
