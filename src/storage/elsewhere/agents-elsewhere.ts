import type { AgentStorage } from '../agent-storage.js';
import type { AgentsHome } from '../agents-home.js';
import type { Storage } from '../storage.js';
import { definitionsInTwo } from './definitions-in-two.js';
import { executionsElsewhere } from './executions-elsewhere.js';
import { tokensWithExecutionsElsewhere } from './tokens-of-executions.js';
import { toolsOfExecutionsElsewhere } from './tools-of-executions.js';

/** Entries that one round tells. */
const MOST_TOLD = 1000;

/**
 * A storage whose agents, conversations and executions are kept in another server. What is one step where all is in one database is two
 * here, in an order that leaves nothing half done for good: see docs/decisions/2026-11-29-agents-in-another-server.md.
 */
export function withAgentsElsewhere(main: Storage, home: AgentsHome, elsewhere: AgentStorage): Storage {
  const executions = executionsElsewhere(elsewhere.executions, home);
  return {
    ...main,
    agents: elsewhere.agents,
    conversations: elsewhere.conversations,
    executions,
    definitions: definitionsInTwo(main.definitions, home, elsewhere.agents),
    tokens: tokensWithExecutionsElsewhere(main.tokens, elsewhere.executions),
    tools: toolsOfExecutionsElsewhere(main.tools, home, executions),
    catchUp: async () => {
      await main.catchUp();
      await elsewhere.executions.tellLeftOver(MOST_TOLD);
    },
    ping: async () => {
      await Promise.all([main.ping(), elsewhere.ping()]);
    },
    close: async () => {
      await Promise.all([main.close(), elsewhere.close()]);
    },
  };
}
