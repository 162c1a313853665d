import type { ToolOffer } from '../core/agents/tool-offer.js';
import type { ToolRegistry } from './tool.js';

/** What a worker says of its tools to whoever saves agents and calls models. */
export function offersOf(tools: ToolRegistry): readonly ToolOffer[] {
  return [...tools.values()].map(({ name, description, parameters, idempotent, needsApproval, timeoutSeconds }) => ({
    ...{ name, description, parameters, idempotent, needsApproval, timeoutSeconds },
  }));
}
