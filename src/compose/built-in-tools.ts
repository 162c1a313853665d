import { persistently } from '../activities/persistently.js';
import { fireTransition } from '../operations/fire-transition.js';
import type { OperationParts } from '../operations/operation-parts.js';
import { knownToken, transitionsForAgent } from '../operations/token-of-agent.js';
import type { TokenAccess } from '../tools/built-in/token-access.js';
import { tokenTools } from '../tools/built-in/token-tools.js';
import type { Tool } from '../tools/tool.js';

/** The tools that every worker has. */
export function builtInTools(parts: OperationParts): ReadonlyMap<string, Tool> {
  return new Map(tokenTools(tokenAccess(parts)).map((tool) => [tool.name, tool]));
}

function tokenAccess(parts: OperationParts): TokenAccess {
  return {
    read: (tokenId, signal) => persistently(signal, () => knownToken(parts, tokenId)),
    transitions: (who, signal) => persistently(signal, () => transitionsForAgent(parts, who)),
    fire: (tokenId, request, signal) => persistently(signal, () => fireTransition(parts, { tokenId, ...request })),
  };
}
